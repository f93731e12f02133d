// SPDX-License-Identifier: Apache-2.0

import CRdKafka

extension KafkaError {
  /// Takes over an error object of librdkafka and frees it.
  init(consuming error: OpaquePointer, operation: Operation, transactional: Bool = false) {
    defer { rd_kafka_error_destroy(error) }
    var traits: Traits = transactional ? .transactional : []
    if rd_kafka_error_is_fatal(error) != 0 { traits.insert(.fatal) }
    if rd_kafka_error_is_retriable(error) != 0 { traits.insert(.retriable) }
    if rd_kafka_error_txn_requires_abort(error) != 0 { traits.insert(.requiresAbort) }
    self.init(
      Code(rd_kafka_error_code(error)),
      operation: operation,
      traits: traits,
      detail: String(cString: rd_kafka_error_string(error))
    )
  }

  /// Classifies a bare code.
  init(_ code: Code, operation: Operation, traits: Traits = [], detail: String = "") {
    self.init(
      code: code,
      operation: operation,
      recovery: Recovery(code: code, operation: operation, traits: traits),
      detail: detail.isEmpty ? String(cString: rd_kafka_err2str(rd_kafka_resp_err_t(code.rawValue))) : detail
    )
  }

  /// Throws unless the code says that all is well.
  static func check(_ code: rd_kafka_resp_err_t, _ operation: Operation) throws(KafkaError) {
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(Code(code), operation: operation) }
  }

  /// Throws what librdkafka returned, if anything.
  static func check(
    consuming error: OpaquePointer?,
    _ operation: Operation,
    transactional: Bool = false
  ) throws(KafkaError) {
    if let error { throw KafkaError(consuming: error, operation: operation, transactional: transactional) }
  }
}

extension Duration {
  /// Whole milliseconds, rounded up, as librdkafka's calls take them; never negative, since -1 means "for ever" there.
  var millisecondsForC: Int32 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    if seconds >= 2_000_000 { return 2_000_000_000 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
