// SPDX-License-Identifier: Apache-2.0

/// What a lane says of itself, for health, metrics and people.
public struct LaneStatus: Sendable {
  /// Where the lane is in its life.
  public enum Phase: String, Sendable {
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
  /// What its enricher has counted.
  public var counters = EnricherCounters()
  /// Transactions committed.
  public var commits = 0
  /// Transactions aborted.
  public var aborts = 0
  /// Times that it made new clients.
  public var reconnects = 0
  /// Records between its positions and the high watermarks, as of the last answer; nil before the first.
  public var lag: Int64?
  /// When it last made progress or had nothing to do (monotonic milliseconds).
  public var lastProgress: Int64 = 0
  /// How far restoring is: state records read, and about how many there are.
  public var restore: (read: Int64, total: Int64)?
  /// What keeps it from being ready, for people.
  public var fault: String?

  /// A lane that has not begun.
  public init() {}

  /// Whether it is joined and restored.
  public var isReady: Bool { phase == .running && fault == nil }
}
