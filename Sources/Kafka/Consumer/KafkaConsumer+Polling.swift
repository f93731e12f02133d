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

  /// The same for a visitor that is told of each record's successor.
  ///
  /// One record is taken from the queue before the one ahead of it is visited; none is kept for another call.
  public func poll<Visitor: KafkaSequenceVisitor & ~Copyable>(
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
    var isDrained = false
    var held: (message: UnsafeMutablePointer<rd_kafka_message_t>, record: KafkaRecord)?
    func visitHeld(before next: KafkaRecord?) {
      guard let current = held else { return }
      visitor.visit(current.record, before: next)
      rd_kafka_message_destroy(current.message)
      held = nil
    }
    while records < limit {
      guard let message = rd_kafka_consumer_poll(rk, wait) else {
        isDrained = pendingRebalance == nil
        break
      }
      wait = 0
      if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        records += 1
        let record = KafkaRecord(message)
        visitHeld(before: record)
        held = (message, record)
      } else {
        visitHeld(before: nil)
        defer { rd_kafka_message_destroy(message) }
        try report(message, to: &visitor)
      }
    }
    visitHeld(before: nil)
    return KafkaPoll(records: records, isDrained: isDrained, rebalance: pendingRebalance)
  }

  /// Reports what came in the place of a record.
  private func report<Visitor: KafkaPollVisitor & ~Copyable>(
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
