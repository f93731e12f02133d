// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// The owner of a configuration object of librdkafka, until a client takes it over.
struct ConfigurationHandle: ~Copyable {
  private let pointer: OpaquePointer

  init() {
    pointer = rd_kafka_conf_new()
  }

  deinit {
    rd_kafka_conf_destroy(pointer)
  }

  /// Sets a property; returns librdkafka's objection, if it has one.
  borrowing func set(_ property: String, _ value: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      buffer.initialize(repeating: 0)
      let result = rd_kafka_conf_set(pointer, property, value, buffer.baseAddress, buffer.count)
      guard result != RD_KAFKA_CONF_OK else { return nil }
      // The objection quotes the value.
      return KafkaConfiguration.isSecret(property)
        ? "not accepted by librdkafka (its reason would show the value)" : String(cString: buffer.baseAddress!)
    }
  }

  /// The object, for calls that configure it further.
  borrowing func withPointer(_ body: (OpaquePointer) -> Void) {
    body(pointer)
  }

  /// Creates a client, which takes the object over, or throws with the reason; then the object is freed.
  consuming func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
    let conf = pointer
    discard self
    var reason = ""
    let client = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> OpaquePointer? in
      buffer.initialize(repeating: 0)
      let client = rd_kafka_new(type, conf, buffer.baseAddress, buffer.count)
      if client == nil { reason = String(cString: buffer.baseAddress!) }
      return client
    }
    guard let client else {
      let code = KafkaError.Code(rd_kafka_last_error())
      rd_kafka_conf_destroy(conf)
      throw KafkaError(code, operation: .create, detail: reason)
    }
    return client
  }
}
