// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

extension SimulatedPartition {
  /// Compacts what lies before `bound`, as `kafka.log.LogCleaner` does.
  ///
  /// - (a) Nothing at or behind the last stable offset is touched, and nothing of the active segment, for whose
  ///   beginning `bound` stands.
  /// - (b) Of each key the last committed record of the cleaned part stays, the others go, and so do aborted records.
  ///   Records that stay keep their offsets: readers meet gaps.
  /// - (c) Tombstones stay until they are older than `tombstonesBefore` (`delete.retention.ms`), so that a reader who
  ///   began before the deletion hears of it.
  /// - (d) Markers go once they are that old: they are needed no longer than the records that they decide on.
  /// - (e) The last entry of the partition always stays (it is in the active segment), and the high watermark too.
  public func compact(before bound: Int64, tombstonesBefore: Timestamp) {
    guard isCompacted else { return }
    let end = indexOfFirst(atOrAfter: min(bound, lastStable, high - 1))
    guard end > 0 else { return }
    var last: [[UInt8]: Int64] = [:]
    for record in records[..<end] where record.isVisible {
      guard let key = record.content.key else { continue }
      last[key] = record.offset
    }
    var kept: [StoredRecord] = []
    for record in records[..<end] {
      if stays(record, last, tombstonesBefore) { kept.append(record) } else { removed.append(record) }
    }
    records.replaceSubrange(..<end, with: kept)
  }

  private func stays(_ record: StoredRecord, _ last: [[UInt8]: Int64], _ tombstonesBefore: Timestamp) -> Bool {
    switch record.kind {
    case .marker: return record.timestamp >= tombstonesBefore
    case .data:
      guard record.isVisible, let key = record.content.key, last[key] == record.offset else { return false }
      return record.content.value != nil || record.timestamp >= tombstonesBefore
    }
  }
}
