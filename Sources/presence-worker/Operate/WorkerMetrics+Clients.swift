// SPDX-License-Identifier: Apache-2.0

import Kafka
import Operations
import Worker

extension WorkerMetrics {
  /// Writes what librdkafka told last of each client.
  func writeClients(_ clients: [(key: ClientVitals.Role, value: KafkaStatistics)], _ page: inout MetricPage) {
    let gauges: [(MetricFamily, KeyPath<KafkaStatistics, Int>)] = [
      (WorkerMetric.waiting, \.waitingOperations), (WorkerMetric.prefetched, \.prefetchedRecords),
      (WorkerMetric.queuedRecords, \.queuedRecords), (WorkerMetric.queuedBytes, \.queuedBytes),
    ]
    for (family, path) in gauges {
      page.write(family) { samples in
        for (role, statistics) in clients { samples.add(statistics[keyPath: path], role.owner, role.client) }
      }
    }
    page.write(WorkerMetric.records) { samples in
      for (role, statistics) in clients {
        samples.add(statistics.recordsRead, role.owner, role.client, "read")
        samples.add(statistics.recordsWritten, role.owner, role.client, "written")
      }
    }
    page.write(WorkerMetric.bytes) { samples in
      for (role, statistics) in clients {
        samples.add(statistics.bytesRead, role.owner, role.client, "read")
        samples.add(statistics.bytesWritten, role.owner, role.client, "written")
      }
    }
    page.write(WorkerMetric.rebalances) { samples in
      for (role, statistics) in clients {
        if let group = statistics.group, role.client == "consumer" { samples.add(group.rebalances, role.owner) }
      }
    }
    writeBrokers(clients, &page)
  }

  private func writeBrokers(_ clients: [(key: ClientVitals.Role, value: KafkaStatistics)], _ page: inout MetricPage) {
    typealias Connection = (role: ClientVitals.Role, broker: String, state: KafkaStatistics.Broker)
    let connections: [Connection] = clients.flatMap { role, statistics in
      statistics.brokers.sorted { $0.key < $1.key }.map { (role, $0.key, $0.value) }
    }
    page.write(WorkerMetric.brokerUp) { samples in
      for (role, broker, state) in connections {
        samples.add(state.state == "UP" ? 1 : 0, role.owner, role.client, broker)
      }
    }
    page.write(WorkerMetric.roundTrip) { samples in
      for (role, broker, state) in connections {
        let (seconds, attoseconds) = state.roundTrip.components
        samples.add(Double(seconds) + Double(attoseconds) / 1e18, role.owner, role.client, broker)
      }
    }
    page.write(WorkerMetric.unanswered) { samples in
      for (role, broker, state) in connections {
        samples.add(state.unansweredRequests, role.owner, role.client, broker)
      }
    }
    page.write(WorkerMetric.brokerEvents) { samples in
      for (role, broker, state) in connections {
        for (event, count) in [
          ("connect", state.connects), ("disconnect", state.disconnects), ("retry", state.retries),
          ("timeout", state.timedOutRequests), ("sendError", state.sendErrors), ("receiveError", state.receiveErrors),
        ] { samples.add(count, role.owner, role.client, broker, event) }
      }
    }
  }
}
