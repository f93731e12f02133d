// SPDX-License-Identifier: Apache-2.0

/// Receives what a poll finds besides records, on the polling thread.
public protocol KafkaPollVisitor: ~Copyable {
  /// Learns that a partition has been read to its end (the last stable offset, for readers of committed records).
  ///
  /// `offset` lies behind commit markers and aborted records, which `last + 1` does not: it is what to commit. It is
  /// reported again whenever the end has moved and been reached again.
  mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64)

  /// Learns of an error that ends nothing: the consumer goes on by itself where the recovery is
  /// ``KafkaError/Recovery/retry``.
  ///
  /// `topic` is nil and `partition` is -1 where the error concerns the whole client.
  mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32)
}

/// Receives what a poll finds, record by record, on the polling thread.
///
/// A protocol with `inout` state, and not a closure, so that a visit costs one call: no context, no reference counting.
public protocol KafkaRecordVisitor: KafkaPollVisitor, ~Copyable {
  /// Takes a record; ``KafkaVisit/stop`` ends the poll behind it.
  mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit
}

/// The same for whoever is served by knowing what comes next: its memory can be asked for while there is work to do.
public protocol KafkaSequenceVisitor: KafkaPollVisitor, ~Copyable {
  /// Takes a record.
  ///
  /// - Parameter next: the record that is visited next, for reading only; nil where none was fetched, or where something
  ///   else comes first.
  mutating func visit(_ record: borrowing KafkaRecord, before next: borrowing KafkaRecord?)
}

/// Whether a poll goes on.
public enum KafkaVisit: Sendable {
  /// Take the next record.
  case next
  /// This record was the last one for now; the others stay in the queue.
  case stop
}

/// What a poll did.
public struct KafkaPoll: Sendable, Equatable {
  /// The number of records visited.
  public var records: Int

  /// Whether everything that had been fetched was visited; false where the limit or the visitor ended the poll.
  public var isDrained: Bool

  /// The rebalance that waits for ``KafkaConsumer/assign(_:)`` or ``KafkaConsumer/unassign()``.
  public var rebalance: KafkaRebalance?

  /// Makes a result.
  public init(records: Int, isDrained: Bool, rebalance: KafkaRebalance?) {
    self.records = records
    self.isDrained = isDrained
    self.rebalance = rebalance
  }
}

/// A change of a member's partitions, which takes effect when the member answers it.
public enum KafkaRebalance: Sendable, Equatable {
  /// These partitions are the member's as soon as it calls ``KafkaConsumer/assign(_:)``.
  case assigned([KafkaTopicPartition])

  /// These partitions are to be given up by ``KafkaConsumer/unassign()``; the group waits for that, so finish or abort
  /// first what belongs to them.
  ///
  /// When `lost`, they are somebody else's already: commit nothing for them.
  case revoked([KafkaTopicPartition], lost: Bool)
}
