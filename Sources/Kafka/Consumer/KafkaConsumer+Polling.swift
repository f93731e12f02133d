// SPDX-License-Identifier: Apache-2.0

import CRdKafka

extension KafkaConsumer {
  /// Waits for a record, then visits what has been fetched.
  ///
  /// Blocks for the first record only and then drains the queue, which in librdkafka 2.0.2 is as fast as its batch call
  /// and, unlike that, loses nothing when a rebalance comes in between. Calls that are further apart than
  /// `max.poll.interval.ms` cost the membership.
  ///
  /// - Parameters:
  ///   - timeout: how long to wait for the first record.
  ///   - limit: how many records to visit at most.
  ///   - visitor: receives records, ends of partitions, and errors that end nothing.
  /// - Returns: what was done, and the rebalance that waits for an answer, if there is one; see ``KafkaConsumer``.
  /// - Throws: what ends the consumer.
  public func poll<Visitor: KafkaRecordVisitor & ~Copyable>(
    timeout: Duration,
    limit: Int,
    into visitor: inout Visitor
  ) throws(KafkaError) -> KafkaPoll {
    let rk = try client(.poll)
    if let rebalance = pendingRebalance {
      return KafkaPoll(records: 0, isDrained: false, rebalance: rebalance)
    }
    var records = 0
    var wait = timeout.millisecondsForC
    while records < limit {
      guard let message = rd_kafka_consumer_poll(rk, wait) else {
        let rebalance = pendingRebalance
        return KafkaPoll(records: records, isDrained: rebalance == nil, rebalance: rebalance)
      }
      wait = 0
      defer { rd_kafka_message_destroy(message) }
      if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        records += 1
        if case .stop = visitor.visit(KafkaRecord(message)) { break }
      } else {
        try report(message, to: &visitor)
      }
    }
    return KafkaPoll(records: records, isDrained: false, rebalance: nil)
  }

  /// Reports what came in the place of a record.
  private func report<Visitor: KafkaRecordVisitor & ~Copyable>(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>,
    to visitor: inout Visitor
  ) throws(KafkaError) {
    let topic = message.pointee.rkt.map { KafkaTopic(index: crdk_topic_index($0)) }
    let code = message.pointee.err
    if code == RD_KAFKA_RESP_ERR__PARTITION_EOF, let topic {
      visitor.reachedEnd(of: topic, partition: message.pointee.partition, at: message.pointee.offset)
      return
    }
    if code == RD_KAFKA_RESP_ERR__FATAL, let fatal = fatalError(.poll) { throw fatal }
    let detail = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
    let error = KafkaError(KafkaError.Code(code), operation: .poll, detail: detail)
    if error.recovery == .discardClient { throw error }
    visitor.failed(error, topic: topic, partition: topic == nil ? -1 : message.pointee.partition)
  }
}
