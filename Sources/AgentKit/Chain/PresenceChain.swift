// SPDX-License-Identifier: Apache-2.0

public import Logging
public import PresenceModel
import Synchronization

/// The PNA chain: finds the agent that claims an address, and asks that one and no other.
///
/// a. The first agent that claims an address is asked; where none claims it, the active enterprise connection; where
///    there is none either, the need fails as `notClaimed`.
/// b. A claimed address whose agent fails never falls through to another agent.
/// c. A need ends by its deadline, whatever the agent does; the call that it shared goes on for the others.
/// d. A thousand simultaneous needs for one address cause one call. A need that wants something newer than the running
///    call gets the next one.
/// e. An agent that hangs, fails or floods costs its own addresses only. What is held for it is bounded by its limits.
///
/// `run` is the chain's life: without it no deadline passes, and when it ends no call runs any more. The rules of one
/// agent's calls are `AgentMachine`'s.
public final class PresenceChain<C: Clock>: Sendable where C.Duration == Duration {
  /// Who claims what, in which order.
  public let directory: AgentDirectory

  let clock: C
  let wallClock: @Sendable () -> Timestamp
  let runners: [AgentRunner]
  private let jobs: AsyncStream<AgentRunner.Job>
  private let enqueue: AsyncStream<AgentRunner.Job>.Continuation
  private let lastNeed = Atomic<UInt64>(0)
  private let life: Life

  /// How many runners have work, so that a closed chain ends when the last one has none.
  private final class Life: Sendable {
    private let busy: Atomic<Int>
    private let finish: @Sendable () -> Void

    init(busy: Int, finish: @escaping @Sendable () -> Void) {
      self.busy = Atomic(busy)
      self.finish = finish
    }

    func oneBecameIdle() {
      if busy.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { finish() }
    }

    func finishIfNobodyIsBusy() {
      if busy.load(ordering: .acquiring) == 0 { finish() }
    }
  }

  /// A chain of agents in this order.
  ///
  /// - Parameters:
  ///   - agents: the agents, the first to be asked first.
  ///   - enterprise: the active enterprise connection, for what no agent claims.
  ///   - clock: measures time-outs and pauses.
  ///   - wallClock: tells the moments of calls; deadlines of needs are moments of this clock.
  ///   - seed: of the jitter.
  ///   - logger: takes warnings of agents that are left alone.
  /// - Throws: where names are no names or not unique.
  public init(
    _ agents: [any PresenceAgent],
    enterprise: (any PresenceAgent)? = nil,
    clock: C,
    wallClock: @escaping @Sendable () -> Timestamp,
    seed: UInt64 = .random(in: 0 ... .max),
    logger: Logger = Logger(label: "presence.chain")
  ) throws(AgentDirectory.Problem) {
    directory = try AgentDirectory(agents.map(\.descriptor), enterprise: enterprise?.descriptor)
    self.clock = clock
    self.wallClock = wallClock
    let (jobs, enqueue) = AsyncStream.makeStream(of: AgentRunner.Job.self)
    self.jobs = jobs
    self.enqueue = enqueue
    let all = agents + (enterprise.map { [$0] } ?? [])
    let life = Life(busy: all.count) { enqueue.finish() }
    self.life = life
    var random = SplitMix64(seed: seed)
    let shared = ChainClock(clock)
    runners = all.map { agent in
      AgentRunner(
        agent: agent,
        clock: shared,
        wallClock: wallClock,
        seed: random.next(),
        logger: logger,
        enqueue: { enqueue.yield($0) },
        becameIdle: { life.oneBecameIdle() }
      )
    }
  }

  /// Minds deadlines until the chain is closed and served, or until the task is cancelled.
  ///
  /// To be called once. On cancellation all needs end as `cancelled`, and all calls are cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      for await job in jobs { group.addTask { await job() } }
      for runner in runners { runner.abandon() }
      group.cancelAll()
    }
    for runner in runners { await runner.callsEnded() }
  }

  /// Takes no more needs; `run` returns when those that wait have been served.
  public func close() {
    for runner in runners { runner.close() }
    life.finishIfNobodyIsBusy()
  }

  /// Looks an address up, and tells the completion exactly once, from any thread, possibly before this returns.
  ///
  /// This is the cheapest way: no task and no continuation for a need.
  public func submit(_ need: PresenceNeed, completion: @escaping @Sendable (PresenceFinding) -> Void) {
    submit(need, id: nextNeed(), to: directory.claim(need.address), completion: completion)
  }

  /// Looks an address up whose agent is known: that of an index which `directory.claim` returned.
  public func submit(
    _ need: PresenceNeed,
    to agent: Int,
    completion: @escaping @Sendable (PresenceFinding) -> Void
  ) {
    submit(need, id: nextNeed(), to: agent, completion: completion)
  }

  /// Looks an address up; a cancelled task's need ends at once, as `cancelled`.
  public func lookUp(_ need: PresenceNeed) async -> PresenceFinding {
    let id = nextNeed()
    let index = directory.claim(need.address)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(need, id: id, to: index) { continuation.resume(returning: $0) }
        if Task.isCancelled, let index { runners[index].cancel(need: id) }  // cancelled before it was submitted
      }
    } onCancel: {
      if let index { runners[index].cancel(need: id) }
    }
  }

  /// What is known of the agents, in their order; the enterprise connection, where there is one, stands last.
  public func statuses() -> [AgentStatus] {
    runners.indices.map { runners[$0].status(isEnterprise: $0 == directory.enterpriseIndex) }
  }

  private func nextNeed() -> UInt64 { lastNeed.add(1, ordering: .relaxed).newValue }

  private func submit(
    _ need: PresenceNeed,
    id: UInt64,
    to agent: Int?,
    completion: @escaping @Sendable (PresenceFinding) -> Void
  ) {
    let wall = wallClock()
    guard let index = agent else {
      let error = AgentError(.notClaimed, "No agent claims the address.")
      return completion(
        PresenceFinding(outcome: .failed(error), agent: nil, observedAt: wall, wasCalled: false)
      )
    }
    let descriptor = runners[index].descriptor
    runners[index].submit(need, id: id, wall: wall) { ending in
      var validFor: Duration?
      if case .answered(let answer) = ending.outcome { validFor = answer.validFor ?? descriptor.freshness }
      completion(
        PresenceFinding(
          outcome: ending.outcome,
          agent: descriptor.name,
          observedAt: ending.observedAt,
          validFor: validFor,
          wasCalled: ending.wasCalled
        )
      )
    }
  }
}
