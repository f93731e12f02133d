// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Kafka
import Operations
import PresenceEvents
import PresenceModel
import Worker

/// Writes a worker's metrics from what stands on its board at the moment of a scrape.
struct WorkerMetrics: Sendable {
  let board: StatusBoard
  let health: @Sendable () -> WorkerHealth
  /// What is known of the agents; none in a process that does not resolve.
  let agents: @Sendable () -> [AgentStatus]
  /// The machine's monotonic milliseconds.
  let now: @Sendable () -> Int64

  func write(to page: inout MetricPage) {
    let lanes = board.lanes.sorted { $0.key < $1.key }
    let health = health()
    page.write(WorkerMetric.build) { $0.add(1, WorkerVersion.current, KafkaLibrary.version) }
    page.write(WorkerMetric.ready) { $0.add(health.readinessProblems.isEmpty ? 1 : 0) }
    page.write(WorkerMetric.live) { $0.add(health.livenessProblems.isEmpty ? 1 : 0) }
    writeLags(lanes.map(\.value), &page)
    writeDeadLetters(lanes.map(\.value), &page)
    if !lanes.isEmpty {
      writeLanes(lanes, &page)
      writeTransactions(lanes, &page)
      writeCounters(lanes.map(\.value.counters), &page)
    }
    if let version = board.spacesVersion { page.write(WorkerMetric.spaces) { $0.add(version) } }
    page.write(WorkerMetric.reconnects) { samples in
      for (number, lane) in lanes { samples.add(lane.reconnects, "lane-\(number)") }
      if let resolver = board.resolver { samples.add(resolver.reconnects, "resolver") }
      if let bridge = board.bridge { samples.add(bridge.reconnects, "bridge") }
    }
    if let resolver = board.resolver { writeResolver(resolver, &page) }
    if let bridge = board.bridge { writeBridge(bridge, &page) }
    writeAgents(agents(), &page)
    writeClients(board.clients.all.sorted { $0.key < $1.key }, &page)
    ProcessMetrics.write(to: &page)
  }

  private func writeLags(_ lanes: [LaneStatus], _ page: inout MetricPage) {
    let lags = lanes.flatMap(\.lags) + (board.resolver?.lags ?? [])
    let sorted = lags.sorted {
      ($0.partition.topic.rawValue, $0.partition.partition) < ($1.partition.topic.rawValue, $1.partition.partition)
    }
    page.write(WorkerMetric.lag) { samples in
      for lag in sorted { samples.add(lag.records, lag.partition.topic.name, "\(lag.partition.partition)") }
    }
    page.write(WorkerMetric.position) { samples in
      for lag in sorted { samples.add(lag.position, lag.partition.topic.name, "\(lag.partition.partition)") }
    }
  }

  private func writeDeadLetters(_ lanes: [LaneStatus], _ page: inout MetricPage) {
    let enricher = lanes.reduce(into: [:]) { sum, lane in sum.merge(lane.counters.deadLetters, uniquingKeysWith: +) }
    page.write(WorkerMetric.deadLetters) { samples in
      for (code, count) in enricher.sorted(by: { $0.key < $1.key }) { samples.add(count, "enrich", code) }
      for (code, count) in (board.resolver?.deadLetters ?? [:]).sorted(by: { $0.key < $1.key }) {
        samples.add(count, "resolve", code)
      }
    }
  }

  // MARK: Lanes

  private func writeLanes(_ lanes: [(key: Int, value: LaneStatus)], _ page: inout MetricPage) {
    let now = now()
    let heartbeats = board.laneHeartbeats
    page.write(WorkerMetric.lanePhase) { samples in
      for (number, lane) in lanes {
        for phase in LaneStatus.Phase.allCases { samples.add(lane.phase == phase ? 1 : 0, "\(number)", phase.rawValue) }
      }
    }
    page.write(WorkerMetric.laneTurn) { samples in
      for (number, _) in lanes {
        if let last = heartbeats[number] { samples.add(seconds(now - last), "\(number)") }
      }
    }
    page.write(WorkerMetric.contact) { samples in
      for (number, lane) in lanes {
        if let last = lane.lastContactAt { samples.add(seconds(now - last), "\(number)") }
      }
    }
    page.write(WorkerMetric.restored) { samples in
      for (number, lane) in lanes { if let restore = lane.restore { samples.add(restore.read, "\(number)") } }
    }
    page.write(WorkerMetric.restoreTotal) { samples in
      for (number, lane) in lanes { if let restore = lane.restore { samples.add(restore.total, "\(number)") } }
    }
    let numbers: [(MetricFamily, KeyPath<LaneStatus, Int>)] = [
      (WorkerMetric.lanePartitions, \.partitions.count), (WorkerMetric.users, \.users),
      (WorkerMetric.store, \.storeBytes), (WorkerMetric.timers, \.timers),
      (WorkerMetric.remembered, \.rememberedRequests), (WorkerMetric.parked, \.parkedPartitions),
    ]
    for (family, path) in numbers {
      page.write(family) { samples in for (number, lane) in lanes { samples.add(lane[keyPath: path], "\(number)") } }
    }
    page.write(WorkerMetric.restores) { $0.add(sum(lanes.map(\.value.restores))) }
  }

  private func writeTransactions(_ lanes: [(key: Int, value: LaneStatus)], _ page: inout MetricPage) {
    let numbers: [(MetricFamily, KeyPath<LaneStatus, Int>)] = [
      (WorkerMetric.commits, \.commits), (WorkerMetric.aborts, \.aborts), (WorkerMetric.fencings, \.fencings),
    ]
    for (family, path) in numbers {
      page.write(family) { samples in for (number, lane) in lanes { samples.add(lane[keyPath: path], "\(number)") } }
    }
    page.write(WorkerMetric.transactions) { $0.add(sum(lanes.map(\.value.transactions))) }
    page.write(WorkerMetric.commitCalls) { $0.add(sum(lanes.map(\.value.commitCalls))) }
  }

  private func writeCounters(_ lanes: [EnricherCounters], _ page: inout MetricPage) {
    func total(_ count: (EnricherCounters) -> Int) -> Int { lanes.reduce(0) { $0 + count($1) } }
    page.write(WorkerMetric.events) { samples in
      for kind in EventKind.allCases {
        for outcome in EventOutcome.allCases {
          let count = total { $0.events[kind, outcome] }
          if count > 0 || kind.outcomes.contains(outcome) { samples.add(count, "\(kind)", "\(outcome)") }
        }
      }
    }
    page.write(WorkerMetric.snapshots) { samples in
      for quality in PresenceQuality.allCases { samples.add(total { $0.snapshots[quality] }, "\(quality.wireName)") }
    }
    page.write(WorkerMetric.age) { $0.add(sum(lanes.map(\.age))) }
    let numbers: [(MetricFamily, (EnricherCounters) -> Int)] = [
      (WorkerMetric.immaterial, { $0.immaterial }), (WorkerMetric.coalesced, { $0.coalesced }),
      (WorkerMetric.deletions, { $0.deletions }), (WorkerMetric.lapsed, { $0.lapsed }),
      (WorkerMetric.restoredRecords, { $0.restored }), (WorkerMetric.unreadableState, { $0.unreadableState }),
    ]
    for (family, count) in numbers { page.write(family) { $0.add(total(count)) } }
    page.write(WorkerMetric.outcomes) { samples in
      samples.add(total { $0.mails.total + $0.instantMessages }, "dispatched", "")
      samples.add(total { $0.expired }, "expired", "")
      for reason in RejectionReason.allCases {
        samples.add(total { $0.rejections[reason] }, "rejected", "\(reason.wireName)")
      }
    }
    page.write(WorkerMetric.dispatches) { samples in
      samples.add(total { $0.instantMessages }, "im", "")
      for reason in MailReason.allCases { samples.add(total { $0.mails[reason] }, "mail", "\(reason.wireName)") }
    }
    page.write(WorkerMetric.cache) { samples in
      samples.add(total { $0.cacheHits }, "hit")
      samples.add(total { $0.cacheMisses }, "miss")
    }
    page.write(WorkerMetric.saved) { samples in
      samples.add(total { $0.lookupsJoined }, "joined")
      samples.add(total { $0.failuresRemembered }, "failed")
    }
    page.write(WorkerMetric.published) { samples in
      for reason in PresenceLookup.Reason.allCases {
        samples.add(total { $0.lookups[reason] }, "\(reason.wireName)")
      }
    }
  }

  // MARK: The resolver and its agents

  private func writeResolver(_ resolver: ResolverStatus, _ page: inout MetricPage) {
    let now = now()
    page.write(WorkerMetric.lookups) { samples in
      for (result, histogram) in resolver.results.sorted(by: {
        ($0.key.agent, $0.key.code) < ($1.key.agent, $1.key.code)
      }) {
        samples.add(MetricHistogram(histogram), result.agent, result.code)
      }
    }
    page.write(WorkerMetric.underWay) { $0.add(resolver.underWay) }
    page.write(WorkerMetric.oldest) { $0.add(resolver.oldestSince.map { seconds(now - $0) } ?? 0) }
    page.write(WorkerMetric.foreign) { $0.add(resolver.foreignAgents) }
    if let last = board.resolverHeartbeat { page.write(WorkerMetric.resolverTurn) { $0.add(seconds(now - last)) } }
  }

  private func writeAgents(_ agents: [AgentStatus], _ page: inout MetricPage) {
    page.write(WorkerMetric.circuit) { samples in
      for agent in agents {
        for state in CircuitState.allCases { samples.add(agent.circuit == state ? 1 : 0, agent.name, state.rawValue) }
      }
    }
    page.write(WorkerMetric.calls) { samples in
      for agent in agents {
        samples.add(agent.counters.answeredCalls, agent.name, "answered")
        samples.add(agent.counters.failedCalls, agent.name, "failed")
      }
    }
    page.write(WorkerMetric.needs) { samples in
      for agent in agents {
        samples.add(agent.counters.needs - agent.counters.joined, agent.name, "own")
        samples.add(agent.counters.joined, agent.name, "joined")
      }
    }
    page.write(WorkerMetric.retries) { samples in
      for agent in agents { samples.add(agent.counters.retries, agent.name) }
    }
    page.write(WorkerMetric.running) { samples in for agent in agents { samples.add(agent.runningCalls, agent.name) } }
    page.write(WorkerMetric.queued) { samples in for agent in agents { samples.add(agent.queuedAddresses, agent.name) }
    }
  }

  // MARK: Numbers

  func seconds(_ milliseconds: Int64) -> Double { Double(max(0, milliseconds)) / 1_000 }

  private func sum(_ histograms: [DurationHistogram]) -> MetricHistogram {
    let bounds = histograms[0].bounds
    let counts = bounds.indices.map { index in histograms.reduce(0) { $0 + $1.counts[index] } }
    let rest = histograms.reduce(0) { $0 + $1.counts[bounds.count] }
    return MetricHistogram(
      bounds: bounds.map(seconds),
      counts: counts + [rest],
      sum: seconds(histograms.reduce(0) { $0 + $1.sum })
    )
  }
}

extension MetricHistogram {
  /// A histogram of the worker's, in seconds.
  init(_ histogram: DurationHistogram) {
    self.init(
      bounds: histogram.bounds.map { Double($0) / 1_000 },
      counts: histogram.counts,
      sum: Double(histogram.sum) / 1_000
    )
  }
}
