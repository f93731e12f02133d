// SPDX-License-Identifier: Apache-2.0

/// What the HTTP surface asks when it is asked.
public struct OperationsSources: Sendable {
  /// Something that is written as JSON.
  public typealias Document = any Encodable & Sendable

  /// Whether the process moves: whoever asks restarts it where it does not.
  public var live: @Sendable () -> HealthReport
  /// Whether it does its work.
  public var ready: @Sendable () -> HealthReport
  /// Whether it is through its start.
  public var started: @Sendable () -> HealthReport
  /// The metrics.
  public var metrics: MetricRegistry
  /// How it is, for people.
  public var status: @Sendable () -> Document
  /// How its agents are, for people.
  public var agents: @Sendable () async -> Document

  /// Sources of their parts.
  public init(
    live: @escaping @Sendable () -> HealthReport,
    ready: @escaping @Sendable () -> HealthReport,
    started: @escaping @Sendable () -> HealthReport,
    metrics: MetricRegistry,
    status: @escaping @Sendable () -> Document,
    agents: @escaping @Sendable () async -> Document
  ) {
    self.live = live
    self.ready = ready
    self.started = started
    self.metrics = metrics
    self.status = status
    self.agents = agents
  }
}
