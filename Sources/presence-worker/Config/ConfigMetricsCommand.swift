// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `config metrics`: what can be scraped.
struct ConfigMetricsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "List all metrics with type, labels, unit, meaning and what is worth an alert, as Markdown.",
    discussion: """
      Examples:
        presence-worker config metrics | grep lag
        presence-worker config metrics > docs/METRICS.md
      """
  )

  func run() async throws { Terminal.write(MetricReference.markdown()) }
}
