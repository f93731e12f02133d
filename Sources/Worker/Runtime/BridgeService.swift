// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Logging
import ServiceLifecycle
import Synchronization

/// Runs the bridge on its thread, and the subscribers as tasks beside it.
///
/// After a change of the agents those before give their subscriptions back and end before the others begin: many
/// networks know a subscriber by a name that only one connection can have. What was published holds meanwhile.
final class BridgeService: Service, Sendable {
  private struct State {
    var roster: LiveRoster
    var rules: BridgeRules
  }

  private let settings: BridgeSettings
  private let board: StatusBoard
  private let heartbeat: Heartbeat
  private let logger: Logger
  private let inbox = BridgeInbox()
  private let state: Mutex<State>
  private let rosters: AsyncStream<LiveRoster>
  private let enqueue: AsyncStream<LiveRoster>.Continuation

  init(settings: BridgeSettings, roster: LiveRoster, board: StatusBoard, heartbeat: Heartbeat, logger: Logger) {
    self.settings = settings
    self.board = board
    self.heartbeat = heartbeat
    self.logger = logger
    state = Mutex(State(roster: roster, rules: settings.rules))
    (rosters, enqueue) = AsyncStream.makeStream(of: LiveRoster.self)
    enqueue.yield(roster)
  }

  /// Lets the bridge go on with other subscribers and rules.
  func replace(_ roster: LiveRoster, rules: BridgeRules) {
    state.withLock { $0 = State(roster: roster, rules: rules) }
    enqueue.yield(roster)
    inbox.wake()
  }

  func run() async throws {
    let subscribers = Task { [rosters, inbox] in
      var running: Task<Void, Never>?
      for await roster in rosters {
        running?.cancel()
        await running?.value
        running = Task { await roster.run(into: inbox) }
      }
      running?.cancel()
      await running?.value
    }
    let thread = DedicatedThread(name: "bridge")
    await thread.run { [self] thread in loop(thread) }
    // The group was left before: successors subscribe while these end.
    enqueue.finish()
    await subscribers.value
  }

  private func loop(_ thread: DedicatedThread) {
    let bridge = Bridge(settings: settings, inbox: inbox, heartbeat: heartbeat) { [self] in
      state.withLock { $0.roster }
    }
    if bridge.roster.subscribers.isEmpty {
      logger.warning("No agent's network tells by itself; the bridge watches nobody")
    }
    let clock = SystemLaneClock()
    var publishedAt = Int64.min / 2
    var report = BridgeReport()
    while !thread.isStopping {
      bridge.step()
      guard clock.monotonic - publishedAt >= 250 else { continue }
      publishedAt = clock.monotonic
      bridge.adopt(state.withLock { $0.rules })
      bridge.refreshStatus()
      board.set(bridge.status)
      report.log(bridge.status, logger)
    }
    bridge.stop()
    board.set(bridge.status)
  }
}

extension BridgeService: CustomStringConvertible {
  /// What a service group logs of the service: not what it holds, which may be secret.
  var description: String { "BridgeService" }
}

/// Logs what has changed in how a bridge stands.
struct BridgeReport {
  private var partitions: [Int32] = []
  private var fault: String?
  private var connected: [String: Bool] = [:]

  mutating func log(_ status: BridgeStatus, _ logger: Logger) {
    if status.partitions != partitions {
      partitions = status.partitions
      logger.info("Bridge holds partitions", metadata: ["partitions": "\(partitions)"])
    }
    if status.fault != fault {
      fault = status.fault
      if let fault { logger.warning("The bridge cannot join; trying again", metadata: ["error": "\(fault)"]) }
    }
    for network in status.networks where connected[network.name] != network.live.isConnected {
      let isFirst = connected.updateValue(network.live.isConnected, forKey: network.name) == nil
      var metadata: Logger.Metadata = ["agent": "\(network.name)"]
      if network.live.isConnected {
        logger.notice("Network connected", metadata: metadata)
      } else if !isFirst {
        if let failure = network.live.lastFailure { metadata["error"] = "\(failure)" }
        logger.warning("Network lost; what it said holds until its leases lapse", metadata: metadata)
      }
    }
  }
}
