// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Logging
import Operations
import ServiceLifecycle
import Worker

/// The HTTP surface of a worker: its board, judged and written down.
enum OperationsAssembly {
  /// The server; nil where none is wanted.
  static func make(
    _ configuration: WorkerConfiguration,
    board: StatusBoard,
    agents: @escaping @Sendable () -> [AgentStatus],
    registry: MetricRegistry,
    logger: Logger
  ) throws -> OperationsServer? {
    guard configuration.http.enabled else { return nil }
    var settings = OperationsSettings()
    settings.address = configuration.http.address
    settings.port = configuration.http.port
    settings.token = try token(configuration.http)
    let sources = sources(configuration, board: board, agents: agents, registry: registry)
    return OperationsServer(settings, sources: sources, logger: logger)
  }

  /// What the server asks.
  static func sources(
    _ configuration: WorkerConfiguration,
    board: StatusBoard,
    agents: @escaping @Sendable () -> [AgentStatus],
    registry: MetricRegistry
  ) -> OperationsSources {
    let now: @Sendable () -> Int64 = { SystemLaneClock().monotonic }
    let limits = configuration.health.limits
    let health: @Sendable () -> WorkerHealth = { WorkerHealth(board, now: now(), limits: limits) }
    let metrics = WorkerMetrics(board: board, health: health, agents: agents, now: now)
    registry.add { metrics.write(to: &$0) }
    return OperationsSources(
      live: { HealthReport(reasons: health().livenessProblems) },
      ready: { HealthReport(reasons: health().readinessProblems) },
      started: { HealthReport(reasons: health().startProblems) },
      metrics: registry,
      status: { StatusDocument(board, health(), configuration, now: now()) },
      agents: { agents().map(AgentDocument.init) }
    )
  }

  private static func token(_ http: WorkerConfiguration.HTTP) throws -> BearerToken? {
    if let token = http.token { return BearerToken(token.reveal()) }
    guard let path = http.tokenFile else { return nil }
    let text: String
    do throws(ConfigurationFileError) {
      text = try TextFile.read(path)
    } catch {
      throw CommandFailure(.configuration, "http.tokenFile: cannot read \(path): \(error.reason)")
    }
    let token = text.last?.isNewline == true ? text.dropLast() : text[...]
    guard !token.isEmpty else { throw CommandFailure(.configuration, "http.tokenFile: \(path) is empty") }
    return BearerToken(String(token))
  }
}
