// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Logging
import ServiceLifecycle
import Synchronization

/// Runs the resolver on its thread, and the chains' calls as tasks beside it.
///
/// There is one chain at a time, except after a change of the agents: then the one before runs on until it has served
/// whoever waits for it, while everybody new goes to the next one.
final class ResolverService: Service, Sendable {
  private struct State {
    var roster: AgentRoster
    var limits: ResolverSettings.Limits
  }

  private let settings: ResolverSettings
  private let board: StatusBoard
  private let heartbeat: Heartbeat
  private let logger: Logger
  private let state: Mutex<State>
  private let rosters: AsyncStream<AgentRoster>
  private let enqueue: AsyncStream<AgentRoster>.Continuation

  init(
    settings: ResolverSettings,
    roster: AgentRoster,
    board: StatusBoard,
    heartbeat: Heartbeat,
    logger: Logger
  ) {
    self.settings = settings
    self.board = board
    self.heartbeat = heartbeat
    self.logger = logger
    state = Mutex(State(roster: roster, limits: settings.limits))
    (rosters, enqueue) = AsyncStream.makeStream(of: AgentRoster.self)
    enqueue.yield(roster)
  }

  /// Lets the resolver go on with other agents and limits; what is under way is served by the agents before.
  func replace(_ roster: AgentRoster, limits: ResolverSettings.Limits) async {
    if case .terminated = enqueue.yield(roster) { return await roster.release() }  // it is stopping
    state.withLock { $0 = State(roster: roster, limits: limits) }
  }

  /// What is known of the agents, in their order.
  var agents: [AgentStatus] { state.withLock { $0.roster.chain }.statuses() }

  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [rosters] in
        await withDiscardingTaskGroup { chains in
          for await roster in rosters {
            chains.addTask {
              await roster.chain.run()
              await roster.release()
            }
          }
        }
      }
      let thread = DedicatedThread(name: "resolver")
      await thread.run { [self] thread in loop(thread) }
      enqueue.finish()
      state.withLock { $0.roster.chain }.close()
      group.cancelAll()
    }
  }

  private func loop(_ thread: DedicatedThread) {
    let resolver = Resolver(settings: settings, heartbeat: heartbeat) { [self] in state.withLock { $0.roster.chain } }
    let clock = SystemLaneClock()
    var publishedAt = Int64.min / 2
    var drift = DriftWarning()
    while !thread.isStopping {
      resolver.step()
      guard clock.monotonic - publishedAt >= 250 else { continue }
      publishedAt = clock.monotonic
      resolver.adopt(state.withLock { $0.limits })
      resolver.refreshStatus()
      board.set(resolver.status)
      if let count = drift.due(resolver.status.foreignAgents, now: publishedAt) {
        logger.warning(
          "Look-ups come from an enricher with another list of agents; compare the configurations",
          metadata: ["lookups": "\(count)", "agents": "\(resolver.chain.directory.hash)"]
        )
      }
    }
    resolver.stop()
    board.set(resolver.status)
  }
}
