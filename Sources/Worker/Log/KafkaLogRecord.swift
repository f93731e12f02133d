// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceModel

/// A record of Kafka as lanes see it.
struct KafkaLogRecord: LogRecord {
  private let record: KafkaRecord
  /// The partition that it was read from.
  let partition: LogPartition
  /// What is handed over next, where that was fetched and has a key.
  let next: LogSuccessor?

  init(_ record: KafkaRecord, topic: LogTopic, before next: KafkaRecord? = nil) {
    self.record = record
    partition = LogPartition(topic, record.partition)
    self.next = next.flatMap { next in
      next.key.map { LogSuccessor(partition: next.partition, key: ByteView($0)) }
    }
  }

  /// Its offset.
  var offset: Int64 { record.offset }
  /// The broker's or the producer's time, as the topic is configured.
  var timestamp: Timestamp { Timestamp(milliseconds: max(0, record.timestamp)) }
  /// The key; nil for a null key.
  var key: ByteView? { record.key.map { ByteView($0) } }
  /// The value; nil for a null value.
  var value: ByteView? { record.value.map { ByteView($0) } }

  /// Calls `body` with each header; nil for a null value.
  func forEachHeader(_ body: (_ name: ByteView, _ value: ByteView?) -> Void) {
    record.forEachHeader { name, value in body(ByteView(name), value.map { ByteView($0) }) }
  }
}

/// Hands the records of a poll to closures, with topics as lanes number them.
struct LogVisitor: KafkaSequenceVisitor {
  let topics: [LogTopic]
  let onRecord: (KafkaLogRecord) -> Void
  let onEnd: (LogPartition, Int64) -> Void
  var failure: KafkaError?

  init(
    topics: [LogTopic],
    onRecord: @escaping (KafkaLogRecord) -> Void,
    onEnd: @escaping (LogPartition, Int64) -> Void
  ) {
    self.topics = topics
    self.onRecord = onRecord
    self.onEnd = onEnd
  }

  mutating func visit(_ record: borrowing KafkaRecord, before next: borrowing KafkaRecord?) {
    onRecord(KafkaLogRecord(copy record, topic: topics[Int(record.topic.index)], before: copy next))
  }

  mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {
    onEnd(LogPartition(topics[Int(topic.index)], partition), offset)
  }

  mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
    // Transport errors mend themselves; only what nobody but an operator can mend ends the lane's clients.
    if error.recovery != .retry { failure = error }
  }
}
