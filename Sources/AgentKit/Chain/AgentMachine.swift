// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// All decisions about the calls of one agent, without doing any: inputs in, actions out.
///
/// A *need* is somebody's wish to know one address by a deadline. A *flight* is one address that is being asked for,
/// with all needs that its answer will serve. A *call* is one request to the agent for the addresses of some flights.
///
/// a. One flight per address: a need joins a flight that is queued, pausing, or whose call started at or after the
///    need's `notOlderThan`. Another one follows: it gets the next call, which starts when the running one has ended.
/// b. A need ends by its deadline, whatever its flight does. The call goes on for the others, or for nobody.
/// c. Calls start while there are slots, tokens and trust (circuit breaker); a call takes as many queued addresses as
///    fit into a batch, those whom somebody waits for first. Nobody waits for a batch to fill.
/// d. A call that outlives its time-out has failed; it keeps its slot until it really ends.
/// e. A transient failure is tried again after a pause, if the pause ends before the last of the flight's deadlines.
/// f. A failure ends all needs of its flight and is remembered; an open circuit ends all that wait.
/// g. Every need ends exactly once.
///
/// Every input is followed by the actions in the order in which the runner performs them.
struct AgentMachine: Sendable {
  typealias Instant = ChainInstant
  /// Who is told of the end of a need.
  typealias Token = @Sendable (NeedEnding) -> Void

  /// A request to the agent.
  struct Call: Sendable, Equatable {
    let id: UInt64
    let addresses: [IMAddress]
  }

  /// What the runner is to do.
  enum Action: Sendable {
    /// Make this call, and report its end.
    case start(Call)
    /// Cancel this call; its end is still to be reported.
    case cancel(UInt64)
    /// Tell the one who holds the token.
    case end(Token, NeedEnding)
    /// Come back with `timePassed` at that moment.
    case arm(Instant)
    /// The circuit breaker has changed.
    case circuit(CircuitState)
  }

  /// The moment of an input, on both clocks.
  struct Now {
    let instant: Instant
    let wall: Timestamp
  }

  enum TimerEvent: Sendable {
    case deadline(need: UInt64)
    case timeout(call: UInt64)
    case retry(flight: UInt64)
    case pump
  }

  enum Phase {
    case queued
    case calling
    case pausing
  }

  struct Need {
    let token: Token
    let flight: UInt64
    var follows: Bool
  }

  struct Flight {
    let address: IMAddress
    var phase = Phase.queued
    /// Whether it stands in the queue of those whom somebody waits for.
    var isUrgent = false
    var needs: [UInt64] = []
    var followers: [UInt64] = []
    var liveNeeds = 0
    var liveFollowers = 0
    var latestDeadline: Instant
    var attempts = 0
    var calledAt = Timestamp.distantPast
  }

  struct RunningCall {
    let flights: [UInt64]
    let isTrial: Bool
    var isAbandoned = false
  }

  let descriptor: AgentDescriptor
  let limits: AgentLimits
  var circuit: CircuitBreaker<Instant>
  var limiter: RateLimiter<Instant>?
  var memory: FailureMemory<Instant>
  var random: SplitMix64
  var needs: [UInt64: Need] = [:]
  var flights: [UInt64: Flight] = [:]
  var flightOfAddress: [IMAddress: UInt64] = [:]
  var calls: [UInt64: RunningCall] = [:]
  var queue = CallQueue()
  /// The bytes of the flights' addresses.
  var flightBytes = 0
  var timers = TimerHeap<Instant, TimerEvent>()
  var armed: Instant?
  var pumpAt: Instant?
  var pausedUntil: Instant?
  var isClosed = false
  var lastID: UInt64 = 0
  var counters = AgentStatus.Counters()
  var lastFailure: (error: AgentError, at: Timestamp)?

  init(descriptor: AgentDescriptor, limits: AgentLimits, seed: UInt64) {
    self.descriptor = descriptor
    self.limits = limits
    circuit = CircuitBreaker(
      failures: limits.circuitFailures,
      pause: limits.circuitPause,
      maximumPause: limits.maximumCircuitPause
    )
    limiter = RateLimiter(callsPerSecond: limits.callsPerSecond)
    memory = FailureMemory(
      lifetime: limits.failureMemory,
      capacity: limits.failureMemoryCapacity,
      maximumBytes: limits.failureMemoryBytes
    )
    random = SplitMix64(seed: seed)
  }

  /// Whether nothing waits and nothing runs.
  var isIdle: Bool { needs.isEmpty && calls.isEmpty }

  // MARK: Inputs

  /// Somebody needs an address.
  mutating func submit(
    _ address: IMAddress,
    need id: UInt64,
    notOlderThan: Timestamp,
    deadline: Instant,
    isAwaited: Bool = false,
    token: @escaping Token,
    now: Now,
    into actions: inout [Action]
  ) {
    counters.needs += 1
    if isClosed {
      return refuse(token, .failed(AgentError(.cancelled, "The chain is closing.")), now, &actions)
    }
    guard now.instant < deadline else { return refuse(token, .failed(.deadlinePassed), now, &actions) }
    if let flight = flightOfAddress[address] {
      guard needs.count < limits.maximumWaiting else { return refuse(token, .failed(.overloaded), now, &actions) }
      counters.joined += 1
      if isAwaited { hasten(flight) }
      join(flight, need: id, notOlderThan: min(notOlderThan, now.wall), deadline: deadline, token: token)
      return arm(&actions)
    }
    if let failure = memory.failure(of: address, at: now.instant) {
      let ending = NeedEnding(outcome: failure.outcome, observedAt: failure.observedAt, wasCalled: true)
      count(ending.outcome)
      return actions.append(.end(token, ending))
    }
    guard circuit.admits(at: now.instant) else { return refuse(token, .failed(circuitOpen(now)), now, &actions) }
    if let pausedUntil, deadline <= pausedUntil {
      let left = now.instant.duration(to: pausedUntil)
      return refuse(token, .unavailable(retryAfter: left), now, &actions)
    }
    let bytes = flightBytes + address.text.utf8.count
    guard needs.count < limits.maximumWaiting, bytes <= limits.maximumWaitingBytes else {
      return refuse(token, .failed(.overloaded), now, &actions)
    }
    lastID += 1
    let flight = lastID
    flights[flight] = Flight(address: address, isUrgent: isAwaited, latestDeadline: deadline)
    flightOfAddress[address] = flight
    flightBytes = bytes
    queue.append(flight, isUrgent: isAwaited)
    join(flight, need: id, notOlderThan: notOlderThan, deadline: deadline, token: token)
    pump(now, &actions)
    arm(&actions)
  }

  /// The one who needed an address has gone.
  mutating func cancel(need id: UInt64, now: Now, into actions: inout [Action]) {
    endNeed(id, .failed(AgentError(.cancelled, "The one who asked has gone.")), now, &actions)
  }

  /// A call has ended, be it one that was cancelled.
  mutating func callEnded(
    _ id: UInt64,
    _ result: Result<[IMAddress: AgentAnswer], AgentError>,
    now: Now,
    into actions: inout [Action]
  ) {
    guard let call = calls.removeValue(forKey: id) else { return }
    if !call.isAbandoned {
      switch result {
      case .success(let answers): succeeded(call, answers, now, &actions)
      case .failure(let error): failed(call, error, now, &actions)
      }
    }
    pump(now, &actions)
    arm(&actions)
  }

  /// The moment of an `arm` has come.
  mutating func timePassed(now: Now, into actions: inout [Action]) {
    if let armed, armed <= now.instant { self.armed = nil }
    while let event = timers.popDue(at: now.instant) {
      switch event {
      case .deadline(let need):
        endNeed(need, .failed(.deadlinePassed), now, &actions)
      case .timeout(let id):
        guard let call = calls[id], !call.isAbandoned else { break }
        calls[id]?.isAbandoned = true
        actions.append(.cancel(id))
        failed(call, .timeout, now, &actions)
      case .retry(let flight):
        guard flights[flight]?.phase == .pausing else { break }
        enqueue(flight)
      case .pump:
        pumpAt = nil
      }
    }
    pump(now, &actions)
    arm(&actions)
  }

  /// No more needs come; those that wait are served.
  mutating func close() { isClosed = true }

  /// All needs end now, all calls are cancelled.
  mutating func abandon(now: Now, into actions: inout [Action]) {
    isClosed = true
    for id in Array(needs.keys) {
      endNeed(id, .failed(AgentError(.cancelled, "The chain is closing.")), now, &actions)
    }
    flights.removeAll()
    flightOfAddress.removeAll()
    flightBytes = 0
    queue = CallQueue()
    for id in calls.keys {
      calls[id]?.isAbandoned = true
      actions.append(.cancel(id))
    }
  }
}

extension AgentError {
  static let timeout = AgentError(.timeout, "The agent did not answer in time.")
  static let deadlinePassed = AgentError(.deadlinePassed, "There was no answer by the deadline.")
  static let overloaded = AgentError(.overloaded, "Too many are waiting for the agent.")
}
