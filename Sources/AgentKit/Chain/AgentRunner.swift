// SPDX-License-Identifier: Apache-2.0

import Logging
import PresenceModel
import Synchronization

/// Runs what the machine of one agent decides: calls as tasks, timers as jobs of the chain, ends to whoever waits.
///
/// Each agent has a runner and a lock of its own, so that agents do not wait for each other. A call is a task of its own,
/// kept here until it ends: it can be cancelled alone, and starting it wakes nobody else, as a job of the chain would.
final class AgentRunner: Sendable {
  typealias Machine = AgentMachine
  typealias Completion = Machine.Token
  /// Something that runs for a while; the chain runs it as a child task.
  typealias Job = @Sendable () async -> Void

  let agent: any PresenceAgent
  let descriptor: AgentDescriptor

  private struct State {
    var machine: Machine
    var calls: [UInt64: Task<Void, Never>] = [:]
    var saidIdle = false
  }

  private let state: Mutex<State>
  private let limits: AgentLimits
  private let clock: ChainClock
  private let wallClock: @Sendable () -> Timestamp
  private let logger: Logger
  private let enqueue: @Sendable (@escaping Job) -> Void
  private let becameIdle: @Sendable () -> Void

  /// - Parameters:
  ///   - enqueue: takes the jobs.
  ///   - becameIdle: is told once, when the runner has been closed and nothing runs or waits any more.
  init(
    agent: any PresenceAgent,
    clock: ChainClock,
    wallClock: @escaping @Sendable () -> Timestamp,
    seed: UInt64,
    logger: Logger,
    enqueue: @escaping @Sendable (@escaping Job) -> Void,
    becameIdle: @escaping @Sendable () -> Void
  ) {
    self.agent = agent
    descriptor = agent.descriptor
    limits = agent.limits
    state = Mutex(State(machine: Machine(descriptor: descriptor, limits: limits, seed: seed)))
    self.clock = clock
    self.wallClock = wallClock
    var logger = logger
    logger[metadataKey: "agent"] = "\(descriptor.name)"
    self.logger = logger
    self.enqueue = enqueue
    self.becameIdle = becameIdle
  }

  func submit(_ need: PresenceNeed, id: UInt64, wall: Timestamp, completion: @escaping Completion) {
    let now = clock.now
    let (left, overflow) = need.deadline.milliseconds.subtractingReportingOverflow(wall.milliseconds)
    let deadline = now.advanced(by: .milliseconds(overflow ? 0 : min(max(left, 0), 86_400_000)))
    apply(Machine.Now(instant: now, wall: wall)) { machine, now, actions in
      machine.submit(
        need.address,
        need: id,
        notOlderThan: need.notOlderThan,
        deadline: deadline,
        isAwaited: need.isAwaited,
        token: completion,
        now: now,
        into: &actions
      )
    }
  }

  func cancel(need id: UInt64) {
    apply(now()) { $0.cancel(need: id, now: $1, into: &$2) }
  }

  func close() {
    apply(now()) { machine, _, _ in machine.close() }
  }

  func abandon() {
    apply(now()) { $0.abandon(now: $1, into: &$2) }
  }

  /// Waits for the calls that still run.
  func callsEnded() async {
    for task in state.withLock({ Array($0.calls.values) }) { await task.value }
  }

  func status(isEnterprise: Bool) -> AgentStatus {
    state.withLock { state in
      AgentStatus(
        name: descriptor.name,
        isEnterprise: isEnterprise,
        circuit: state.machine.circuit.state(at: clock.now),
        runningCalls: state.machine.calls.count,
        queuedAddresses: state.machine.flights.values.count { $0.phase != .calling },
        waitingNeeds: state.machine.needs.count,
        rememberedFailures: state.machine.memory.count,
        lastFailure: state.machine.lastFailure,
        counters: state.machine.counters
      )
    }
  }

  // MARK: From actions to jobs

  private func now() -> Machine.Now { Machine.Now(instant: clock.now, wall: wallClock()) }

  /// Hands an input to the machine, and performs the actions.
  ///
  /// - Parameter ended: the call whose end the input is.
  private func apply(
    _ now: Machine.Now,
    ended: UInt64? = nil,
    _ input: (inout Machine, Machine.Now, inout [Machine.Action]) -> Void
  ) {
    var actions: [Machine.Action] = []
    var cancelled: [Task<Void, Never>] = []
    let isIdle = state.withLock { state in
      if let ended { state.calls[ended] = nil }
      input(&state.machine, now, &actions)
      for action in actions {
        switch action {
        case .start(let call): state.calls[call.id] = Task.detached { await self.run(call) }
        case .cancel(let id): if let task = state.calls[id] { cancelled.append(task) }
        case .end, .arm, .circuit: break
        }
      }
      guard state.machine.isClosed, state.machine.isIdle, !state.saidIdle else { return false }
      state.saidIdle = true
      return true
    }
    // Whoever is told may come back with another need, so nobody is told under the lock.
    for action in actions {
      switch action {
      case .start, .cancel: break
      case .end(let completion, let ending): completion(ending)
      case .arm(let instant): enqueue { await self.sleep(until: instant) }
      case .circuit(let circuit): log(circuit)
      }
    }
    for task in cancelled { task.cancel() }
    if isIdle { becameIdle() }
  }

  private func run(_ call: Machine.Call) async {
    var result = Result<[IMAddress: AgentAnswer], AgentError>.failure(.cancelledBeforeStart)
    if !Task.isCancelled {
      do throws(AgentError) {
        result = .success(try await agent.presence(of: call.addresses, timeout: limits.timeout))
      } catch {
        result = .failure(error)
      }
    }
    apply(now(), ended: call.id) { machine, now, actions in
      machine.callEnded(call.id, result, now: now, into: &actions)
    }
  }

  private func sleep(until instant: ChainInstant) async {
    do {
      try await clock.sleep(until: instant)
    } catch {
      return  // the chain has ended; it abandons whatever waits
    }
    apply(Machine.Now(instant: max(clock.now, instant), wall: wallClock())) {
      $0.timePassed(now: $1, into: &$2)
    }
  }

  private func log(_ circuit: CircuitState) {
    switch circuit {
    case .open: logger.warning("agent failed several times in a row and is left alone for a while")
    case .halfOpen: logger.info("agent is tried again")
    case .closed: logger.notice("agent answers again")
    }
  }
}

extension AgentError {
  fileprivate static let cancelledBeforeStart = AgentError(.cancelled, "The call was cancelled before it started.")
}
