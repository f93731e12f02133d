// SPDX-License-Identifier: Apache-2.0

/// What a circuit breaker lets through.
public enum CircuitState: String, CaseIterable, Sendable {
  /// All calls.
  case closed
  /// None.
  case open
  /// One, on trial.
  case halfOpen
}

/// Leaves an agent alone that failed several times in a row.
///
/// a. `failures` failures in a row open the circuit; an answer in between starts the count anew.
/// b. An open circuit lets nothing through for `pause`; then one call, on trial.
/// c. The trial's success closes the circuit, its failure opens it for twice as long, up to `maximumPause`.
/// d. Calls that started before the circuit opened and end after it change nothing any more.
struct CircuitBreaker<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
  private enum State {
    case closed(failures: Int)
    case open(until: Instant, pause: Duration)
    case halfOpen(pause: Duration)
  }

  private let failures: Int
  private let pause: Duration
  private let maximumPause: Duration
  private var state = State.closed(failures: 0)

  init(failures: Int, pause: Duration, maximumPause: Duration) {
    self.failures = max(1, failures)
    self.pause = pause
    self.maximumPause = max(pause, maximumPause)
  }

  /// What the circuit lets through at that moment; an open one whose pause is over counts as half-open.
  func state(at now: Instant) -> CircuitState {
    switch state {
    case .closed: .closed
    case .open(let until, _): now < until ? .open : .halfOpen
    case .halfOpen: .halfOpen
    }
  }

  /// Whether a call may start.
  func admits(at now: Instant) -> Bool {
    switch state {
    case .closed: true
    case .open(let until, _): now >= until
    case .halfOpen: false
    }
  }

  /// How long nothing will be let through, where that is known.
  func remainingPause(at now: Instant) -> Duration? {
    guard case .open(let until, _) = state, now < until else { return nil }
    return now.duration(to: until)
  }

  /// A call starts that was admitted.
  ///
  /// - Returns: whether it is on trial; `succeeded` and `failed` want to know.
  mutating func callStarts() -> Bool {
    guard case .open(_, let pause) = state else { return false }
    state = .halfOpen(pause: pause)
    return true
  }

  /// A call got an answer.
  mutating func succeeded(onTrial: Bool) {
    switch state {
    case .closed: state = .closed(failures: 0)
    case .halfOpen: if onTrial { state = .closed(failures: 0) }
    case .open: break
    }
  }

  /// A call failed in a way that speaks against the agent.
  mutating func failed(onTrial: Bool, at now: Instant) {
    switch state {
    case .closed(let before):
      state =
        before + 1 < failures
        ? .closed(failures: before + 1) : .open(until: now.advanced(by: pause), pause: pause)
    case .halfOpen(let last):
      guard onTrial else { return }
      let next = min(last * 2, maximumPause)
      state = .open(until: now.advanced(by: next), pause: next)
    case .open:
      break
    }
  }
}
