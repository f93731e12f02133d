// SPDX-License-Identifier: Apache-2.0

/// Judges a worker's health by what its threads say, and by whether they come round at all.
///
/// a. *Live*: every thread came round lately. A lane that waits for brokers, for a rebalance or for work comes round, so
///    an outage or a long restore leaves the worker alive; a call of librdkafka's that does not return does not.
/// b. *Ready*: every lane is joined and restored, hears of the brokers and gets its transactions committed, resolver and
///    bridge are members of their groups, and the spaces were read. A lane without partitions is ready.
/// c. A rebalance that is over within `unreadyAfter` does not show: a lane that was ready stays so for that long while
///    it joins and restores. A fault shows at once: fencing, topics that do not fit.
/// d. *Started*: the threads of all roles run, or wait for the table of spaces. This stays true in an outage and while
///    state is restored, so that nobody restarts a worker for them.
public struct WorkerHealth: Sendable {
  /// Where a wait becomes a finding.
  public struct Limits: Sendable, Equatable {
    /// For how long a thread may be in one turn before the worker is not alive.
    public var stall = Duration.seconds(120)
    /// For how long a lane may be between assignments, or without an answer of the brokers, before it is not ready.
    public var unreadyAfter = Duration.seconds(10)

    /// The defaults.
    public init() {}
  }

  /// Why the worker is not alive; empty where it is.
  public private(set) var livenessProblems: [String] = []
  /// Why it is not ready; empty where it is.
  public private(set) var readinessProblems: [String] = []
  /// Why it has not started; empty where it has.
  public private(set) var startProblems: [String] = []

  private let now: Int64
  private let stall: Int64
  private let unreadyAfter: Int64

  /// Judges what stands on a board at a moment (monotonic milliseconds).
  public init(_ board: StatusBoard, now: Int64, limits: Limits = Limits()) {
    self.now = now
    stall = limits.stall.milliseconds
    unreadyAfter = limits.unreadyAfter.milliseconds
    let lanes = board.lanes
    let heartbeats = board.laneHeartbeats
    let spacesAreRead = board.spacesVersion != nil
    if !lanes.isEmpty, !spacesAreRead { readinessProblems.append("the spaces have not been read yet") }
    for (number, status) in lanes.sorted(by: { $0.key < $1.key }) {
      let name = "lane \(number)"
      if heartbeats[number] == nil, spacesAreRead, status.phase != .stopped {
        startProblems.append("\(name) has not begun")
      }
      if watch(name, heartbeats[number]) { judge(name, status, isWaiting: !spacesAreRead) }
    }
    if let resolver = board.resolver {
      if board.resolverHeartbeat == nil, !resolver.isStopped { startProblems.append("the resolver has not begun") }
      if watch("the resolver", board.resolverHeartbeat) { judge(resolver) }
    }
    if let bridge = board.bridge {
      if board.bridgeHeartbeat == nil, !bridge.isStopped { startProblems.append("the bridge has not begun") }
      if watch("the bridge", board.bridgeHeartbeat) { judge(bridge) }
    }
  }

  /// Looks when a thread last came round; returns whether what it said of itself is of now.
  private mutating func watch(_ name: String, _ heartbeat: Int64?) -> Bool {
    guard let heartbeat, now - heartbeat > min(stall, unreadyAfter) else { return true }
    let problem = "\(name) has been in one turn for \((now - heartbeat) / 1_000) s"
    if now - heartbeat > stall { livenessProblems.append(problem) }
    guard now - heartbeat > unreadyAfter else { return true }
    readinessProblems.append(problem)
    return false
  }

  private mutating func judge(_ name: String, _ status: LaneStatus, isWaiting: Bool) {
    if let fault = status.fault {
      readinessProblems.append("\(name): \(fault)")
      return
    }
    // Between two transactions that fail it may join, restore and be at work each time.
    if status.phase != .stopped, let since = status.failingSince, now - since > unreadyAfter {
      readinessProblems.append(
        "\(name) has committed no transaction for \((now - since) / 1_000) s: \(status.failure)"
      )
      return
    }
    switch status.phase {
    case .running:
      guard let contact = status.lastContactAt, now - contact > unreadyAfter else { return }
      readinessProblems.append("\(name) has had no answer of the brokers for \((now - contact) / 1_000) s")
    case .stopped: readinessProblems.append("\(name) is stopped")
    case .disconnected, .joining, .restoring, .catchingUp:
      if let ready = status.lastReadyAt, now - ready <= unreadyAfter { return }
      // That it waits for the spaces was said already.
      if !isWaiting { readinessProblems.append("\(name) \(status.progress)") }
    }
  }

  private mutating func judge(_ status: ResolverStatus) {
    judge(
      "the resolver",
      fault: status.fault,
      isStopped: status.isStopped,
      isReady: status.isReady,
      lastReadyAt: status.lastReadyAt
    )
  }

  private mutating func judge(_ status: BridgeStatus) {
    judge(
      "the bridge",
      fault: status.fault,
      isStopped: status.isStopped,
      isReady: status.isReady,
      lastReadyAt: status.lastReadyAt
    )
  }

  private mutating func judge(_ name: String, fault: String?, isStopped: Bool, isReady: Bool, lastReadyAt: Int64?) {
    if let fault {
      readinessProblems.append("\(name): \(fault)")
    } else if isStopped {
      readinessProblems.append("\(name) is stopped")
    } else if !isReady {
      if let lastReadyAt, now - lastReadyAt <= unreadyAfter { return }
      readinessProblems.append("\(name) is not a member of its group yet")
    }
  }
}

extension LaneStatus {
  /// What a lane does that is not at work yet.
  fileprivate var progress: String {
    switch phase {
    case .disconnected: connectionFailure.map { "is not connected: \($0)" } ?? "is not connected"
    case .joining: "waits for the group to give it partitions"
    case .restoring:
      restore.map { "restores its state: \($0.read) of about \($0.total) records" } ?? "begins to restore its state"
    case .catchingUp: "reads the profiles that came meanwhile"
    case .running: "is at work"
    case .stopped: "is stopped"
    }
  }
}
