// SPDX-License-Identifier: Apache-2.0

/// The running transaction of a lane: since when, with what, for which partitions.
struct LaneTransaction {
  /// Whether the log knows of it: it begins there with the first output.
  var isOpen = false
  /// Inputs that it has taken.
  var inputs = 0
  /// Whether there was more to take than one poll takes.
  var isBehind = false
  private var startedAt: Int64?
  private var touched: [Bool] = []
  /// When the commit of the transaction before began and ended (monotonic milliseconds); nil where there was none.
  private let commitBefore: ClosedRange<Int64>?

  /// How long a commit's markers usually take (milliseconds). Brokers write them after they have answered, and refuse the
  /// next transaction's first record until then (`CONCURRENT_TRANSACTIONS`); librdkafka asks again after 20 ms.
  private static let markerPause: Int64 = 5

  /// A transaction without anything in it.
  init(after commitBefore: ClosedRange<Int64>? = nil) { self.commitBefore = commitBefore }

  /// Whether there is anything to commit.
  var hasWork: Bool { startedAt != nil }

  /// Notes that there is something to do; returns whether this is the first of it.
  mutating func beginsWork(now: @autoclosure () -> Int64) -> Bool {
    guard startedAt == nil else { return false }
    startedAt = now()
    return true
  }

  /// Notes that a partition's state changes in it; returns whether this is the first change.
  mutating func touch(_ partition: Int32) -> Bool {
    let index = Int(partition)
    if index < touched.count, touched[index] { return false }
    if index >= touched.count { touched.append(contentsOf: repeatElement(false, count: index + 1 - touched.count)) }
    touched[index] = true
    return true
  }

  /// Whether a partition's state changed in it.
  func hasTouched(_ partition: Int32) -> Bool { Int(partition) < touched.count && touched[Int(partition)] }

  /// For how long it has been running (milliseconds); nil where nothing has begun.
  func age(at now: Int64) -> Int64? { startedAt.map { now - $0 } }

  /// When it is to be committed (monotonic milliseconds); nil while there is nothing to commit.
  ///
  /// Where inputs come all the time, the interval goes from commit to commit: what comes during a commit has waited for
  /// its end, and counting from there would let it wait for the commit and the interval. Never are there more commits
  /// than one an interval. A lane that is behind takes inputs for the whole of it: commits must not be all that it does.
  ///
  /// Where commits take longer than the interval there is still the pause of markers between them.
  func dueAt(_ settings: LaneSettings) -> Int64? {
    guard let startedAt else { return nil }
    let interval = settings.commitInterval.milliseconds
    guard !isBehind, let commitBefore, startedAt - commitBefore.upperBound < interval else {
      return startedAt + interval
    }
    return max(startedAt, commitBefore.lowerBound + interval, commitBefore.upperBound + Self.markerPause)
  }

  /// Whether it takes no more input, so that it is committed well before the log gives it up.
  func isTooOld(_ settings: LaneSettings, now: Int64) -> Bool {
    startedAt.map { now - $0 > settings.transactionTimeout.milliseconds / 2 } ?? false
  }
}
