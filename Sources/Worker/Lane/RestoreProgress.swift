// SPDX-License-Identifier: Apache-2.0

/// How far a lane is on the way from an assignment to work; one value for all of its partitions.
enum RestoreProgress {
  /// Without an assignment.
  case idle
  /// A transaction was taken back: reading starts anew from what is committed.
  case rewinding
  /// (a) Waiting for the group's committed positions to be stable, and then (b) for the bounds of the state topics.
  case askingCommitted
  case askingBounds(token: UInt64, committed: [LogPosition])
  /// (c) and (e) Reading snapshots and outcomes, then (d) profiles, up to the marks.
  case reading(RestoreReading)
  /// Reading, as input, the profiles that came while nobody was there: the partitions that have not come to their end.
  case catchingUp(Set<Int32>)
  /// At work.
  case done

  var isDone: Bool {
    if case .done = self { return true }
    return false
  }
}

/// What is being read back, and up to where.
struct RestoreReading {
  /// The group's committed positions of the inputs.
  var committed: [LogPosition]
  /// The marks of the partitions that are still being read; a partition leaves when its mark is reached.
  var missing: [LogPartition: Int64]
  /// The high watermarks of the profiles.
  var profileEnds: [Int32: Int64] = [:]
  /// Whether these are the profiles, which are read behind the snapshots.
  var isReadingProfiles: Bool
  /// State records read, and about how many there are.
  var read: Int64
  var total: Int64
  /// When it began (monotonic milliseconds), and when people were last told how far it is.
  var startedAt: Int64
  var reportedAt: Int64
}

/// Up to which offsets the stores of a lane reflect the state topics: what lets a partition that comes back unchanged
/// restore nothing.
///
/// Equal offsets of the inputs alone would not do: timers publish too.
struct ReflectedMarks {
  private var marks: [LogPartition: Int64] = [:]

  /// The offset of the first record that the store may not have; nil where the store has nothing.
  subscript(_ topic: LogTopic, _ partition: Int32) -> Int64? { marks[LogPartition(topic, partition)] }

  mutating func advance(_ topic: LogTopic, _ partition: Int32, to offset: Int64) {
    let key = LogPartition(topic, partition)
    marks[key] = max(marks[key] ?? 0, offset)
  }

  mutating func forget(_ partition: Int32) {
    for topic in [LogTopic.presenceSnapshots, .contactOutcomes, .userProfiles] {
      marks[LogPartition(topic, partition)] = nil
    }
  }
}

/// The high watermarks that were asked for while the lane works: for leases, which may only run out in a partition that
/// was read to its end, and for the lag.
struct WatermarkWatch {
  struct Mark {
    var askedAt: Int64
    var high: Int64
  }

  /// The marks of `presence.changes` that are not reached yet.
  var pending: [Int32: Mark] = [:]
  var askedAt = Int64.min
  var token: UInt64?
  private var lastToken: UInt64 = 0

  mutating func makeToken() -> UInt64 {
    lastToken += 1
    return lastToken
  }

  mutating func forget() {
    pending.removeAll(keepingCapacity: true)
    token = nil
    askedAt = .min
  }
}
