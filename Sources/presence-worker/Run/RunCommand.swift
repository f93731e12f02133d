// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import ArgumentParser
import Kafka
import Logging
import Operations
import ServiceLifecycle
import UnixSignals
import Worker

/// `run`: do the work.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Consume changes and requests, publish snapshots and dispatches, until told to stop.",
    discussion: """
      Runs the roles of the configuration (by default both): `enrich` holds the state of presence and decides, \
      `resolve` asks the presence networks. SIGTERM and Ctrl-C finish the running transaction and leave the groups.

      Examples:
        presence-worker run --config worker.yaml
        presence-worker run -b kafka1:9092 --set enricher.lanes=2
        presence-worker run --embedded      on a broker inside the process, to try things: nothing survives it
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Bring a broker of its own, inside the process; delivery is at-least-once there.")
  var embedded = false

  @Option(help: ArgumentHelp("Partitions of the embedded broker's topics.", valueName: "count"))
  var embeddedPartitions = 4

  func run() async throws {
    let loaded = try options.load()
    var configuration = loaded.configuration
    let logger = WorkerLogger.make(configuration)
    var broker: EmbeddedBroker?
    if embedded {
      let own = try EmbeddedBroker(configuration, partitions: embeddedPartitions)
      configuration = own.adapting(configuration)
      broker = own
      logger.notice(
        "Embedded broker: at-least-once, nothing on disk",
        metadata: ["bootstrapServers": "\(own.cluster.bootstrapServers)"]
      )
    }
    if broker == nil { try await TopicsGate.check(configuration, logger) }
    try await WorkerProcess(configuration: configuration, logger: logger).run()
    withExtendedLifetime(broker) {}
  }
}

/// The logger of a process that runs a worker.
enum WorkerLogger {
  static func make(_ configuration: WorkerConfiguration) -> Logger {
    let style: LogStyle =
      switch configuration.log.format {
      case .json: .json
      case .human: .human(colours: LogStyle.allowsColours(ProcessEnvironment.variables))
      case .auto: .fitting(descriptor: 2, environment: ProcessEnvironment.variables)
      }
    let level = configuration.log.level
    return Logger(label: "presence-worker") { label in LineLogHandler(label: label, style: style, level: level) }
  }
}

/// A worker with its agents and signals, from start to drained.
struct WorkerProcess {
  let configuration: WorkerConfiguration
  let logger: Logger

  func run() async throws {
    let agents = try AgentAssembly.make(configuration)
    let chain: PresenceChain<ContinuousClock>
    do throws(AgentDirectory.Problem) {
      chain = try PresenceChain(agents.agents, enterprise: agents.enterprise, logger: logger)
    } catch {
      throw CommandFailure(.configuration, "\(error)")
    }
    let runtime = WorkerRuntime(configuration, directory: agents.directory, chain: chain, logger: logger)
    logger.info(
      "Starting",
      metadata: [
        "roles": "\(configuration.roles.map(\.rawValue).sorted().joined(separator: ","))",
        "lanes": "\(configuration.enricher.lanes)", "agents": "\(agents.directory.descriptors.count)",
        "delivery": "\(configuration.enricher.delivery.rawValue)",
      ]
    )
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: runtime.services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger
      )
    )
    try await group.run()
    try await agents.shutdown()
    logger.info("Stopped")
  }
}
