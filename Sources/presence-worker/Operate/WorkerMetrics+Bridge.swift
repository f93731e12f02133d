// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Operations
import Worker

extension WorkerMetrics {
  /// What the bridge has been told and has published; networks by the names of their agents.
  func writeBridge(_ bridge: BridgeStatus, _ page: inout MetricPage) {
    let networks = bridge.networks
    page.write(WorkerMetric.networkConnected) { samples in
      for network in networks { samples.add(network.live.isConnected ? 1 : 0, network.name) }
    }
    let numbers: [(MetricFamily, (BridgeStatus.Network) -> Int)] = [
      (WorkerMetric.watched, { $0.live.watched }), (WorkerMetric.subscribed, { $0.live.active }),
      (WorkerMetric.readings, { Int(clamping: $0.live.readings) }),
      (WorkerMetric.losses, { Int(clamping: $0.live.losses) }),
      (WorkerMetric.conflated, { Int(clamping: $0.conflated) }),
    ]
    for (family, number) in numbers {
      page.write(family) { samples in for network in networks { samples.add(number(network), network.name) } }
    }
    page.write(WorkerMetric.refusals) { samples in
      for network in networks {
        for (reason, count) in network.live.refusals.sorted(by: { $0.key < $1.key }) {
          samples.add(Int(clamping: count), network.name, reason)
        }
      }
    }
    let kinds: [(MetricFamily, (BridgeStatus.Network) -> [String: Int])] = [
      (WorkerMetric.announced, { $0.published }), (WorkerMetric.suppressed, { $0.suppressed }),
    ]
    for (family, counts) in kinds {
      page.write(family) { samples in
        for network in networks {
          for (kind, count) in counts(network).sorted(by: { $0.key < $1.key }) {
            samples.add(count, network.name, kind)
          }
        }
      }
    }
    page.write(WorkerMetric.paced) { $0.add(bridge.waiting) }
    page.write(WorkerMetric.announceDelay) { $0.add(MetricHistogram(bridge.delays)) }
    page.write(WorkerMetric.bridgeProfiles) { samples in
      samples.add(bridge.profiles - bridge.unreadableProfiles, "taken")
      samples.add(bridge.unreadableProfiles, "refused")
    }
    page.write(WorkerMetric.bridgeUnread) { $0.add(bridge.unreadPartitions) }
    if let last = board.bridgeHeartbeat { page.write(WorkerMetric.bridgeTurn) { $0.add(seconds(now() - last)) } }
  }
}
