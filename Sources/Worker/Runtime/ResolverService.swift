// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Logging
import ServiceLifecycle

/// Runs the resolver on its thread, and the chain's calls as tasks beside it.
struct ResolverService: Service {
  let settings: ResolverSettings
  let chain: PresenceChain<ContinuousClock>
  let board: StatusBoard
  let heartbeat: Heartbeat
  let logger: Logger

  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await chain.run() }
      let thread = DedicatedThread(name: "resolver")
      await thread.run { thread in loop(thread) }
      chain.close()
      group.cancelAll()
    }
  }

  private func loop(_ thread: DedicatedThread) {
    let resolver = Resolver(settings: settings, chain: chain, heartbeat: heartbeat)
    let clock = SystemLaneClock()
    var publishedAt = Int64.min / 2
    var warnedOf = 0
    while !thread.isStopping {
      resolver.step()
      guard clock.monotonic - publishedAt >= 250 else { continue }
      publishedAt = clock.monotonic
      board.set(resolver.status)
      if resolver.status.foreignAgents > warnedOf {
        if warnedOf == 0 {
          logger.warning("Look-ups come from an enricher with another list of agents; compare the configurations")
        }
        warnedOf = resolver.status.foreignAgents
      }
    }
    resolver.stop()
    board.set(resolver.status)
  }
}
