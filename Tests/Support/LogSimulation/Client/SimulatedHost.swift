// SPDX-License-Identifier: Apache-2.0

public import Worker

/// A process that runs one member: its identity, its clocks, and whether it is still alive.
///
/// A member that gives up its clients makes new ones here. When the process crashes, all of its clients are dead: every
/// call fails and has no effect. So whatever the member's code does until its step returns is as if it had not been
/// run, which is what a crash is.
public final class SimulatedHost {
  /// Which of the scheduler's places it has.
  public let index: Int
  /// The client's name, from which member ids are made: instance and lane.
  public let clientID: String
  /// The static place in the group (`group.instance.id`); nil for a dynamic member.
  public let instance: String?
  /// The id of its transactional producer.
  public let transactionalID: String
  /// Its clocks.
  public let clock: ManualLaneClock
  /// Whether outputs and offsets are committed together.
  public let isTransactional: Bool
  /// Deviations from what a correct client does, for tests that prove that they are noticed.
  public var deviations: ClientDeviations
  /// What the member notes of itself: kept with each input that is handed to it, for the model.
  public var note: Int64 = 0
  /// Whether the process is dead.
  public private(set) var hasCrashed = false
  /// Whether a newer producer of the same id has been found to exist.
  public internal(set) var wasFenced = false

  let log: SimulatedLog
  /// Its number in the log's history.
  let number: Int
  private(set) var isReachable = true
  /// Since when it has not reached the log.
  private(set) var lastContact: Int64
  private var isRunning = true
  private let arena = RecordArena()
  private var memberID: String?
  var callsInStep = 0

  /// A process on a machine of its own.
  public init(
    log: SimulatedLog,
    index: Int,
    name: String,
    instance: String? = nil,
    isTransactional: Bool = true,
    deviations: ClientDeviations = [],
    clock: ManualLaneClock? = nil
  ) {
    self.log = log
    number = log.numberHost()
    self.index = index
    self.instance = instance
    clientID = name
    transactionalID = "presence-enricher-\(name)"
    self.isTransactional = isTransactional
    self.deviations = deviations
    self.clock = clock ?? ManualLaneClock(wall: log.time, monotonic: log.now)
    lastContact = log.now
  }

  /// How long things take in the log.
  public var timeouts: SimulatedLog.Timeouts { log.timeouts }

  /// A new client, not connected yet.
  public func makeClient() -> SimulatedLogClient { SimulatedLogClient(host: self) }

  /// Whether a thread of the process that runs beside the member gets its turn now.
  public func takesItsTurn() -> Bool { !hasCrashed && isReachable && log.random.chance(0.3) }

  /// Hands over everything committed of a partition from `position` on, and moves that behind it: what a reader of the
  /// process without a group does.
  public func readCommitted(_ name: LogPartition, from position: inout Int64, _ body: (SimulatedRecord) -> Void) {
    while let record = log[name].nextVisible(from: position) {
      position = record.offset + 1
      arena.lend(record, of: name, to: body)
    }
  }

  /// Ends the process at once.
  public func crash(_ why: @autoclosure () -> String) {
    guard !hasCrashed else { return }
    hasCrashed = true
    log.changed("\(clientID) crashes: \(why())")
    updateHeartbeats()
  }

  /// Stops the process or lets it go on; a stopped one sends no heartbeats.
  func setRunning(_ running: Bool) {
    isRunning = running
    updateHeartbeats()
  }

  /// Cuts the process off from the log, or connects it again.
  func setReachable(_ reachable: Bool) {
    if isReachable { lastContact = log.now }
    isReachable = reachable
    updateHeartbeats()
  }

  /// Milliseconds since the log was last reached.
  var millisecondsSinceContact: Int64 { isReachable ? 0 : log.now - lastContact }

  /// The member whose heartbeats this process sends from now on; nil for none: the old one falls silent.
  func sendHeartbeats(for member: String?) {
    if let memberID, memberID != member { log.group.setSilent(memberID, since: log.now) }
    memberID = member
    updateHeartbeats()
  }

  private func updateHeartbeats() {
    guard let memberID else { return }
    log.group.setSilent(memberID, since: isRunning && isReachable && !hasCrashed ? nil : log.now)
  }
}

/// What a client does that a correct one does not; each opens a hole that Kafka's protocols close.
public struct ClientDeviations: OptionSet, Sendable {
  /// The bits of the set.
  public let rawValue: UInt8
  /// A set of these bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Sends offsets without the group's metadata, so that a member of an old generation is not fenced.
  public static let commitsWithoutMetadata = ClientDeviations(rawValue: 1)
  /// Fetches committed offsets without waiting for those of open transactions.
  public static let fetchesUnstableOffsets = ClientDeviations(rawValue: 2)
}
