// SPDX-License-Identifier: Apache-2.0

/// What a lane says of itself, for health, metrics and people.
public struct LaneStatus: Sendable {
  /// Where the lane is in its life.
  public enum Phase: String, CaseIterable, Sendable {
    /// Between clients.
    case disconnected
    /// In the group, without an answer about partitions yet.
    case joining
    /// Reading state back.
    case restoring
    /// Reading the profiles that came while nobody was there.
    case catchingUp
    /// At work, or without a partition, which is as good.
    case running
    /// Stopped.
    case stopped
  }

  /// The phase.
  public var phase = Phase.disconnected
  /// The partitions that it owns.
  public var partitions: [Int32] = []
  /// Users in its stores.
  public var users = 0
  /// Bytes of its stores of users.
  public var storeBytes = 0
  /// Users who are looked at again by themselves: for a lease that runs out, or because somebody asked for them.
  public var timers = 0
  /// Decided requests that are remembered, to recognise repeats.
  public var rememberedRequests = 0
  /// Partitions that went away and whose stores are kept for their return.
  public var parkedPartitions = 0
  /// What its enricher has counted in transactions that were committed.
  public var counters = EnricherCounters()
  /// Transactions committed.
  public var commits = 0
  /// Transactions taken back.
  public var aborts = 0
  /// How long transactions took, from their first input to the end of their commit.
  public var transactions = DurationHistogram.latencies
  /// How long the log took to commit.
  public var commitCalls = DurationHistogram.latencies
  /// Times that it had to make new clients.
  public var reconnects = 0
  /// Times that another producer of the same id fenced it.
  public var fencings = 0
  /// How far behind its inputs are, as of the last answer about their ends; none while it restores.
  public var lags: [PartitionLag] = []
  /// How far restoring is: state records read, and about how many there are.
  public var restore: (read: Int64, total: Int64)?
  /// How long restores took.
  public var restores = DurationHistogram.latencies
  /// When the lane was ready for the last time (monotonic milliseconds); nil where it never was.
  public var lastReadyAt: Int64?
  /// When the brokers last answered (monotonic milliseconds); nil while nothing is asked of them.
  public var lastContactAt: Int64?
  /// Since when transactions have been taken back without one that was committed (monotonic milliseconds); nil where the
  /// last one was, or where nothing is left to commit.
  public var failingSince: Int64?
  /// Why the last of these was taken back, for people.
  public var failure = ""
  /// The hash of the agents that it goes by where the configuration was changed since it began; else empty.
  public var agents = ""
  /// Why the last attempt to connect failed, for people; nil where it did not.
  public var connectionFailure: String?
  /// What keeps it from being ready, for people.
  public var fault: String?

  /// A lane that has not begun.
  public init() {}

  /// Whether it is joined and restored.
  public var isReady: Bool { phase == .running && fault == nil }

  /// Records between its positions and the ends of its inputs; nil where nothing is known.
  public var lag: Int64? { lags.isEmpty ? nil : lags.reduce(0) { $0 + $1.records } }
}

/// How far behind a reader is in one partition.
public struct PartitionLag: Sendable, Hashable {
  /// The partition.
  public var partition: LogPartition
  /// The offset that is read next: behind the last record, or behind the markers of transactions that follow it.
  public var position: Int64
  /// The high watermark: behind the last record of all, those of open transactions included.
  public var end: Int64

  /// What is not processed yet. None where a topic is idle, whether its producers use transactions or not; what an open
  /// transaction has written counts until it ends.
  public var records: Int64 { max(0, end - position) }
}
