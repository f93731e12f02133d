// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension AgentMachine {
  /// Takes a need into a flight.
  mutating func join(_ id: UInt64, need: UInt64, notOlderThan: Timestamp, deadline: Instant, token: @escaping Token) {
    guard let (phase, calledAt) = flights[id].map({ ($0.phase, $0.calledAt) }) else { return }
    let follows = phase == .calling && calledAt < notOlderThan
    if follows {
      flights[id]?.followers.append(need)
      flights[id]?.liveFollowers += 1
    } else {
      flights[id]?.needs.append(need)
      flights[id]?.liveNeeds += 1
    }
    if let latest = flights[id]?.latestDeadline, latest < deadline { flights[id]?.latestDeadline = deadline }
    needs[need] = Need(token: token, flight: id, follows: follows)
    timers.insert(.deadline(need: need), at: deadline)
  }

  /// Starts what may be started.
  mutating func pump(_ now: Now, _ actions: inout [Action]) {
    while calls.count < max(1, limits.maximumCalls) {
      dropDeadFlights()
      guard !queue.isEmpty else { return }
      if let pausedUntil {
        guard pausedUntil <= now.instant else { return pump(at: pausedUntil) }
        self.pausedUntil = nil
      }
      guard circuit.admits(at: now.instant) else { return endAllWaiting(circuitOpen(now), now, &actions) }
      if let later = limiter?.take(at: now.instant) { return pump(at: later) }
      start(now, &actions)
    }
  }

  private mutating func start(_ now: Now, _ actions: inout [Action]) {
    var batch: [UInt64] = []
    var addresses: [IMAddress] = []
    while batch.count < descriptor.maximumBatch, let id = queue.popFirst() {
      guard isQueued(id) else { continue }
      guard flights[id]?.liveNeeds ?? 0 > 0 else {
        removeFlight(id)
        continue
      }
      flights[id]?.phase = .calling
      flights[id]?.calledAt = now.wall
      flights[id]?.attempts += 1
      if let address = flights[id]?.address {
        batch.append(id)
        addresses.append(address)
      }
    }
    lastID += 1
    let isTrial = circuit.callStarts()
    if isTrial { actions.append(.circuit(.halfOpen)) }
    calls[lastID] = RunningCall(flights: batch, isTrial: isTrial)
    counters.calls += 1
    timers.insert(.timeout(call: lastID), at: now.instant.advanced(by: limits.timeout))
    actions.append(.start(Call(id: lastID, addresses: addresses)))
  }

  /// Takes flights from the head of the queue that nobody needs any more.
  private mutating func dropDeadFlights() {
    while let id = queue.first, !isQueued(id) || flights[id]?.liveNeeds ?? 0 == 0 {
      _ = queue.popFirst()
      if isQueued(id) { removeFlight(id) }
    }
  }

  /// Whether an entry of the queue still means something: a flight that was hastened stands there twice.
  private func isQueued(_ id: UInt64) -> Bool { flights[id]?.phase == .queued }

  /// Puts a flight into the queue that is its own.
  mutating func enqueue(_ id: UInt64) {
    guard let isUrgent = flights[id]?.isUrgent else { return }
    flights[id]?.phase = .queued
    queue.append(id, isUrgent: isUrgent)
  }

  /// Somebody waits for a flight that nobody waited for before.
  mutating func hasten(_ id: UInt64) {
    guard let flight = flights[id], !flight.isUrgent else { return }
    flights[id]?.isUrgent = true
    if flight.phase == .queued { queue.append(id, isUrgent: true) }
  }

  private mutating func removeFlight(_ id: UInt64) {
    guard let flight = flights.removeValue(forKey: id) else { return }
    flightOfAddress[flight.address] = nil
    flightBytes -= flight.address.text.utf8.count
  }

  private mutating func pump(at instant: Instant) {
    if let pumpAt, pumpAt <= instant { return }
    pumpAt = instant
    timers.insert(.pump, at: instant)
  }

  // MARK: Ends of calls

  mutating func succeeded(
    _ call: RunningCall,
    _ answers: [IMAddress: AgentAnswer],
    _ now: Now,
    _ actions: inout [Action]
  ) {
    let before = circuit.state(at: now.instant)
    circuit.succeeded(onTrial: call.isTrial)
    noteCircuit(since: before, now, &actions)
    counters.answeredCalls += 1
    for id in call.flights {
      guard let flight = flights[id] else { continue }
      let outcome = answers[flight.address].map { AgentOutcome.answered($0) } ?? .unknown
      finish(id, NeedEnding(outcome: outcome, observedAt: flight.calledAt, wasCalled: true), &actions)
    }
  }

  mutating func failed(_ call: RunningCall, _ error: AgentError, _ now: Now, _ actions: inout [Action]) {
    let before = circuit.state(at: now.instant)
    if error.countsAgainstAgent {
      circuit.failed(onTrial: call.isTrial, at: now.instant)
    } else {
      circuit.succeeded(onTrial: call.isTrial)  // it answers, be it with a refusal
    }
    noteCircuit(since: before, now, &actions)
    counters.failedCalls += 1
    lastFailure = (error, now.wall)
    for id in call.flights { failed(id, error, now, &actions) }
    if let retryAfter = error.retryAfter, error.isTransient {
      pause(for: retryAfter, now, &actions)
    }
    if !circuit.admits(at: now.instant) { endAllWaiting(circuitOpen(now), now, &actions) }
  }

  /// One address of a call that failed: again after a pause, or the end.
  private mutating func failed(_ id: UInt64, _ error: AgentError, _ now: Now, _ actions: inout [Action]) {
    guard let flight = flights[id] else { return }
    if error.isTransient, flight.attempts < limits.attempts, flight.liveNeeds + flight.liveFollowers > 0,
      circuit.admits(at: now.instant)
    {
      let again = now.instant.advanced(by: max(error.retryAfter ?? .zero, backoff(attempt: flight.attempts)))
      if again < flight.latestDeadline {
        counters.retries += 1
        promoteFollowers(of: id)
        flights[id]?.phase = .pausing
        timers.insert(.retry(flight: id), at: again)
        return
      }
    }
    let outcome = AgentOutcome(error)
    memory.remember(outcome, observedAt: flight.calledAt, of: flight.address, at: now.instant)
    flights[id]?.followers.removeAll()  // the memory would tell them the same
    let ending = NeedEnding(outcome: outcome, observedAt: flight.calledAt, wasCalled: true)
    for need in flight.followers { endNeed(need, ending, &actions) }
    finish(id, ending, &actions)
  }

  /// Ends the needs of a flight; its followers go on.
  private mutating func finish(_ id: UInt64, _ ending: NeedEnding, _ actions: inout [Action]) {
    guard let flight = flights[id] else { return }
    for need in flight.needs { endNeed(need, ending, &actions) }
    guard flights[id]?.liveFollowers ?? 0 > 0 else { return removeFlight(id) }
    flights[id]?.needs.removeAll()
    flights[id]?.attempts = 0
    promoteFollowers(of: id)
    enqueue(id)
  }

  private mutating func promoteFollowers(of id: UInt64) {
    guard let (followers, live) = flights[id].map({ ($0.followers, $0.liveFollowers) }) else { return }
    for need in followers { needs[need]?.follows = false }
    flights[id]?.needs.append(contentsOf: followers)
    flights[id]?.liveNeeds += live
    flights[id]?.followers.removeAll()
    flights[id]?.liveFollowers = 0
  }

  private mutating func backoff(attempt: Int) -> Duration {
    let full = min(limits.backoff * (1 << min(attempt - 1, 16)), limits.maximumBackoff)
    return full * Double.random(in: 0.5...1, using: &random)
  }

  /// The network wants to be left alone: whoever cannot wait that long is told at once.
  private mutating func pause(for duration: Duration, _ now: Now, _ actions: inout [Action]) {
    let until = now.instant.advanced(by: min(duration, .seconds(300)))
    pausedUntil = max(pausedUntil ?? until, until)
    for (id, flight) in flights where flight.phase != .calling && flight.latestDeadline <= until {
      let ending = NeedEnding(outcome: .unavailable(retryAfter: duration), observedAt: now.wall, wasCalled: false)
      for need in flight.needs { endNeed(need, ending, &actions) }
      removeFlight(id)
    }
  }

  // MARK: Ends of needs

  private mutating func endAllWaiting(_ error: AgentError, _ now: Now, _ actions: inout [Action]) {
    let ending = NeedEnding(outcome: .failed(error), observedAt: now.wall, wasCalled: false)
    for (id, flight) in flights where flight.phase != .calling {
      for need in flight.needs { endNeed(need, ending, &actions) }
      removeFlight(id)
    }
    queue = CallQueue()
  }

  mutating func endNeed(_ id: UInt64, _ outcome: AgentOutcome, _ now: Now, _ actions: inout [Action]) {
    endNeed(id, NeedEnding(outcome: outcome, observedAt: now.wall, wasCalled: false), &actions)
  }

  private mutating func endNeed(_ id: UInt64, _ ending: NeedEnding, _ actions: inout [Action]) {
    guard let need = needs.removeValue(forKey: id) else { return }
    if need.follows {
      flights[need.flight]?.liveFollowers -= 1
    } else {
      flights[need.flight]?.liveNeeds -= 1
    }
    count(ending.outcome)
    actions.append(.end(need.token, ending))
  }

  mutating func refuse(_ token: @escaping Token, _ outcome: AgentOutcome, _ now: Now, _ actions: inout [Action]) {
    count(outcome)
    actions.append(.end(token, NeedEnding(outcome: outcome, observedAt: now.wall, wasCalled: false)))
  }

  mutating func count(_ outcome: AgentOutcome) {
    switch outcome {
    case .answered: counters.answered += 1
    case .unknown: counters.unknown += 1
    case .unavailable: counters.failed[.unavailable, default: 0] += 1
    case .failed(let error): counters.failed[error.code, default: 0] += 1
    }
  }

  // MARK: Time

  func circuitOpen(_ now: Now) -> AgentError {
    AgentError(
      .circuitOpen,
      "The agent failed too often lately and is left alone.",
      retryAfter: circuit.remainingPause(at: now.instant)
    )
  }

  private func noteCircuit(since before: CircuitState, _ now: Now, _ actions: inout [Action]) {
    let after = circuit.state(at: now.instant)
    if before != after { actions.append(.circuit(after)) }
  }

  /// Asks to be woken for the earliest timer that still means something, unless that is asked for.
  ///
  /// Nearly all timers are deadlines of needs that have ended long before: waking for each would cost as much as a need.
  mutating func arm(_ actions: inout [Action]) {
    while let event = timers.firstEvent, !isMeaningful(event) { timers.removeFirst() }
    if timers.count > 1_024, timers.count > 4 * (needs.count + calls.count + flights.count) {
      var kept = timers
      kept.prune(keeping: isMeaningful)
      timers = kept
    }
    guard let first = timers.first else { return }
    if let armed, armed <= first { return }
    armed = first
    actions.append(.arm(first))
  }

  private func isMeaningful(_ event: TimerEvent) -> Bool {
    switch event {
    case .deadline(let need): needs[need] != nil
    case .timeout(let call): calls[call] != nil
    case .retry(let flight): flights[flight]?.phase == .pausing
    case .pump: pumpAt != nil
    }
  }
}
