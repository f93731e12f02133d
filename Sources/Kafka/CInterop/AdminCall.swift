// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// The owner of an administrative call's options and of the queue that its result comes through.
struct AdminCall: ~Copyable {
  let options: OpaquePointer
  let queue: OpaquePointer

  /// - Parameter waiting: whether the controller is to wait until the change is everywhere.
  init(
    _ rk: OpaquePointer,
    _ operation: rd_kafka_admin_op_t,
    waiting: Bool,
    timeout: Duration
  ) throws(KafkaError) {
    options = rd_kafka_AdminOptions_new(rk, operation)
    queue = rd_kafka_queue_new(rk)
    let milliseconds = max(1, timeout.millisecondsForC)
    var reason = [CChar](repeating: 0, count: 512)
    var code = rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, &reason, reason.count)
    if code == RD_KAFKA_RESP_ERR_NO_ERROR, waiting {
      code = rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, &reason, reason.count)
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let detail = reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      throw KafkaError(KafkaError.Code(code), operation: .administer, detail: detail)
    }
  }

  deinit {
    rd_kafka_queue_destroy(queue)
    rd_kafka_AdminOptions_destroy(options)
  }

  /// Waits for the result and reads it; it is freed afterwards.
  func result<Result>(
    timeout: Duration,
    _ read: (OpaquePointer) throws(KafkaError) -> Result
  ) throws(KafkaError) -> Result {
    // A second more than librdkafka has, so that its own account of a time-out is the one that arrives.
    guard let event = rd_kafka_queue_poll(queue, (timeout + .seconds(1)).millisecondsForC) else {
      throw KafkaError(.timedOut, operation: .administer)
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let detail = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
      throw KafkaError(KafkaError.Code(code), operation: .administer, detail: detail)
    }
    return try read(event)
  }
}

extension KafkaTopicResult {
  init(_ result: OpaquePointer) {
    self.init(
      name: String(cString: rd_kafka_topic_result_name(result)),
      error: KafkaError(
        reported: rd_kafka_topic_result_error(result),
        rd_kafka_topic_result_error_string(result)
      )
    )
  }
}

extension KafkaTopicDescription {
  init(_ topic: rd_kafka_metadata_topic) {
    let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
    self.init(
      name: String(cString: topic.topic),
      partitions: partitions.count,
      replication: partitions.map { Int($0.replica_cnt) }.min() ?? 0,
      error: KafkaError(reported: topic.err, nil)
    )
  }
}

extension KafkaTopicConfiguration {
  init(_ resource: OpaquePointer) {
    var count = 0
    let entries = rd_kafka_ConfigResource_configs(resource, &count)
    var properties: [String: String] = [:]
    for index in 0..<count {
      guard let entry = entries?[index], let value = rd_kafka_ConfigEntry_value(entry) else { continue }
      properties[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
    }
    self.init(
      name: String(cString: rd_kafka_ConfigResource_name(resource)),
      properties: properties,
      error: KafkaError(
        reported: rd_kafka_ConfigResource_error(resource),
        rd_kafka_ConfigResource_error_string(resource)
      )
    )
  }
}

extension KafkaError {
  /// What a broker reported for one topic; nil where all is well.
  fileprivate init?(reported code: rd_kafka_resp_err_t, _ text: UnsafePointer<CChar>?) {
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    self.init(Code(code), operation: .administer, detail: text.map { String(cString: $0) } ?? "")
  }
}
