// SPDX-License-Identifier: Apache-2.0

import PresenceModel
public import Worker

/// One partition's log: records and markers in order of their offsets, and which transactions are open in it.
///
/// The rules are those of `kafka.log.UnifiedLog` and its `ProducerStateManager`:
///
/// - (a) The **high watermark** is the offset behind the last entry (there is one replica). A read-uncommitted reader
///   reads up to it.
/// - (b) The **last stable offset** is the first offset of the earliest open transaction, or the high watermark where
///   there is none. A read-committed reader reads up to it: one open transaction holds back even committed records of
///   other producers behind it (KIP-98).
/// - (c) A marker takes an offset. So a partition's end lies behind its last record, and the position of a reader at
///   the end is not "last + 1".
/// - (d) The partition remembers the highest epoch that it has seen of a producer and refuses lower ones. It learns a
///   raised epoch from the producer's own writes or from a marker, and not before: a fenced producer may still append
///   to a transaction whose abort marker is under way, and that marker then covers the late record too.
public final class SimulatedPartition {
  /// Which partition it is.
  public let name: LogPartition
  /// Whether its topic is compacted.
  public let isCompacted: Bool
  /// All entries, markers and aborted records included.
  public internal(set) var records: [StoredRecord] = []
  /// What compaction has taken away, for tests that look at the whole history.
  var removed: [StoredRecord] = []
  /// The high watermark.
  public private(set) var high: Int64 = 0
  /// The offset of the first record that retention has left.
  public private(set) var start: Int64 = 0
  /// Up to where a leader shows readers what there is, which may be less than there is: it has not heard yet how far
  /// the others are. Questions for watermarks are not answered wrongly in such a time (KIP-207).
  var fetchLimit: Int64?

  private var open: [(producer: Int64, first: Int64)] = []
  private var epochs: [Int64: Int16] = [:]

  init(_ name: LogPartition, isCompacted: Bool) {
    self.name = name
    self.isCompacted = isCompacted
  }

  /// The last stable offset.
  public var lastStable: Int64 { open.reduce(high) { min($0, $1.first) } }

  /// Appends a record; nil where the producer's epoch is behind what the partition has seen.
  func append(_ content: RecordContent, at now: Timestamp, producer: ProducerIdentity?) -> Int64? {
    if let producer {
      guard admit(producer) else { return nil }
      if !open.contains(where: { $0.producer == producer.id }) { open.append((producer.id, high)) }
    }
    push(
      .data,
      content,
      at: content.timestamp ?? now,
      producer: producer,
      fate: producer == nil ? .committed : .undecided
    )
    return high - 1
  }

  /// Ends a producer's transaction here. A marker is written even where the transaction has no record: the partition
  /// was added to it, and that is what the coordinator goes by.
  func appendMarker(_ producer: ProducerIdentity, commits: Bool, at now: Timestamp) {
    guard admit(producer) else { return }
    if let index = open.firstIndex(where: { $0.producer == producer.id }) {
      let first = open.remove(at: index).first
      var position = indexOfFirst(atOrAfter: first)
      while position < records.count {
        if records[position].producer?.id == producer.id, case .undecided = records[position].fate {
          records[position].fate = commits ? .committed : .aborted
        }
        position += 1
      }
    }
    push(
      .marker(commits: commits),
      RecordContent(key: [UInt8]?.none, value: nil),
      at: now,
      producer: producer,
      fate: .aborted
    )
  }

  /// The index in `records` of the first entry at or behind an offset.
  func indexOfFirst(atOrAfter offset: Int64) -> Int {
    var low = 0
    var up = records.count
    while low < up {
      let middle = (low + up) / 2
      if records[middle].offset < offset { low = middle + 1 } else { up = middle }
    }
    return low
  }

  /// What a fetch ends at.
  public var fetchEnd: Int64 { min(lastStable, fetchLimit ?? .max) }

  /// Deletes what lies before `bound`, as retention does.
  public func delete(before bound: Int64) {
    let end = indexOfFirst(atOrAfter: bound)
    guard end > 0 else { return }
    removed += records[..<end]
    records.removeSubrange(..<end)
    start = bound
  }

  /// Loses what lies from `bound` on, acknowledged as it was: an unclean election. No transaction may be open in it.
  public func lose(from bound: Int64) {
    precondition(lastStable == high, "the simulation loses no part of a transaction")
    records.removeSubrange(indexOfFirst(atOrAfter: bound)...)
    high = min(high, bound)
  }

  /// The next record that a read-committed reader at `position` gets; nil where it has to wait or is at the end.
  func nextVisible(from position: Int64, upTo end: Int64? = nil) -> StoredRecord? {
    let stable = end ?? lastStable
    var index = indexOfFirst(atOrAfter: position)
    while index < records.count, records[index].offset < stable {
      if records[index].isVisible { return records[index] }
      index += 1
    }
    return nil
  }

  /// The offset of the first entry at or after a moment; nil where there is none. Like Kafka's ListOffsets it goes by
  /// the record's own time and counts what is aborted or undecided.
  func firstOffset(atOrAfter time: Timestamp) -> Int64? {
    records.first { $0.timestamp >= time }?.offset
  }

  private func admit(_ producer: ProducerIdentity) -> Bool {
    guard producer.epoch >= epochs[producer.id, default: 0] else { return false }
    epochs[producer.id] = producer.epoch
    return true
  }

  private func push(
    _ kind: StoredRecord.Kind,
    _ content: RecordContent,
    at time: Timestamp,
    producer: ProducerIdentity?,
    fate: StoredRecord.Fate
  ) {
    records.append(
      StoredRecord(offset: high, kind: kind, content: content, timestamp: time, producer: producer, fate: fate)
    )
    high += 1
  }
}
