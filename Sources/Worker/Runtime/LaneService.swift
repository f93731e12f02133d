// SPDX-License-Identifier: Apache-2.0

import Logging
import PresenceModel
import ServiceLifecycle

/// Runs one lane on its thread.
struct LaneService: Service {
  let number: Int
  let log: KafkaLogSettings
  let lane: LaneSettings
  let enricher: EnricherSettings
  let spaces: SpacesReader
  let latest: LatestRules
  let board: StatusBoard
  let heartbeat: Heartbeat
  let leavesGroup: Bool
  let logger: Logger

  func run() async throws {
    // The lane waits for the table of spaces, as requests are decided by it.
    await spaces.waitUntilRead()
    let thread = DedicatedThread(name: "lane-\(number)")
    await thread.run { thread in loop(thread) }
  }

  private func loop(_ thread: DedicatedThread) {
    let clock = SystemLaneClock()
    let lane = Lane(
      settings: lane,
      enricher: Enricher(settings: enricher, worker: lane.name),
      clock: clock,
      makeClient: { KafkaLogClient(log) },
      latestSpaces: { spaces.table },
      latestRules: { latest.rules },
      heartbeat: heartbeat,
      report: { report($0) }
    )
    var publishedAt = Int64.min / 2
    while !thread.isStopping {
      lane.step()
      if lane.status.phase == .disconnected { pauseThread(milliseconds: 20) }
      if clock.monotonic - publishedAt >= 250 {
        publishedAt = clock.monotonic
        lane.refreshStatus()
        board.set(lane.status, lane: number)
      }
    }
    lane.stop(leaveGroup: leavesGroup)
    board.set(lane.status, lane: number)
  }

  private func report(_ report: LaneReport) {
    var logger = logger
    logger[metadataKey: "lane"] = "\(number)"
    switch report {
    case .assigned(let partitions): logger.info("Partitions assigned", metadata: ["partitions": "\(partitions)"])
    case .revoked(let lost): logger.info("Partitions revoked", metadata: ["lost": "\(lost)"])
    case .restored(let records, let milliseconds):
      logger.info("State restored", metadata: ["records": "\(records)", "milliseconds": "\(milliseconds)"])
    case .restoreProgress(let read, let total):
      logger.info("Restoring state", metadata: ["read": "\(read)", "of": "\(total)"])
    case .transactionFailed(let failure):
      logger.warning("Transaction taken back", metadata: ["error": "\(failure.message)"])
    case .connectionFailed(let failure):
      logger.warning("The log cannot be joined; trying again", metadata: ["error": "\(failure.message)"])
    case .topologyFault(let message): logger.error("The topics do not fit", metadata: ["problem": "\(message)"])
    case .nameIsShared(let name):
      logger.error("Two workers share a name and take each other's partitions", metadata: ["name": "\(name)"])
    }
  }
}

extension Lane {
  /// Brings what the status says of counters, stores and brokers up to date.
  func refreshStatus() {
    status.counters = enricher.committedCounters
    status.users = 0
    status.storeBytes = 0
    status.timers = 0
    status.rememberedRequests = 0
    status.parkedPartitions = parked.count
    for partition in owned {
      guard let store = stores[Int(partition)] else { continue }
      status.users += store.users.count
      status.storeBytes += store.users.reservedBytes
      status.timers += store.timers.armedCount
      status.rememberedRequests += store.requests.count
    }
    let time = clock.monotonic
    // Without partitions nothing is asked of the brokers, and an old answer means nothing.
    let isAsking = status.phase == .running && !owned.isEmpty
    status.lastContactAt = isAsking ? client.map { time - $0.millisecondsSinceContact } : nil
    if status.isReady { status.lastReadyAt = time }
  }
}

extension LaneService: CustomStringConvertible {
  /// What a service group logs of the service: not what it holds, which may be secret.
  var description: String { "LaneService" }
}
