// SPDX-License-Identifier: Apache-2.0

/// Which offsets of a partition are finished, where work begins in order and ends in any: what may be committed is the
/// lowest unfinished offset.
///
/// A record is only gone from the topic's point of view when everything before it is; after a crash the unfinished ones
/// and whatever finished behind them are worked on again, which is harmless by the contract.
struct OffsetLedger {
  /// Unfinished and out-of-order finished offsets from `low` on, in a ring of begun offsets.
  private var begun: [Int64] = []
  private var finished: Set<Int64> = []
  private var head = 0
  /// The position behind the last record or end-of-partition event.
  private var next: Int64?
  private var committed: Int64?

  /// The number of records that are begun and not finished.
  var unfinished: Int { begun.count - head - finished.count }

  /// Begins work on the record of an offset; offsets come in order.
  mutating func begin(_ offset: Int64) {
    begun.append(offset)
    next = max(next ?? 0, offset + 1)
  }

  /// Ends work on the record of an offset.
  mutating func finish(_ offset: Int64) {
    finished.insert(offset)
    while head < begun.count, finished.remove(begun[head]) != nil { head += 1 }
    if head > 1_024, head * 2 > begun.count {
      begun.removeFirst(head)
      head = 0
    }
  }

  /// Notes that the partition was read to its end, whose position may lie behind commit markers.
  mutating func reachedEnd(at position: Int64) {
    next = max(next ?? 0, position)
  }

  /// The lowest unfinished offset, and where nothing is unfinished the position behind what was read; nil before
  /// anything was.
  var position: Int64? { head < begun.count ? begun[head] : next }

  /// The position to commit; nil where nothing has changed since `didCommit`.
  var toCommit: Int64? {
    guard let position, position > committed ?? -1 else { return nil }
    return position
  }

  /// Notes that a position is committed.
  mutating func didCommit(_ position: Int64) { committed = position }
}
