// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import ArgumentParser
import CoreMetrics
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
      Runs the roles of the configuration (by default the first two): `enrich` holds the state of presence and \
      decides, `resolve` asks the presence networks, `bridge` watches by standing subscriptions those networks that tell \
      by themselves. SIGHUP reads the configuration again (docs/CONFIGURATION.md says which keys \
      take effect at once).

      SIGTERM and Ctrl-C drain: look-ups under way get resolver.drainBudget, what a bridge has published \
      bridge.drainBudget, then transactions get enricher.drainBudget. A worker without a name leaves its groups; one with instance.name stays a member, so that \
      a restart within enricher.sessionTimeout moves no partition (instance.leavesOnStop leaves all the same).

      Exit status: 0 drained, 75 not drained in time (what was not committed is done again elsewhere), 69 and 78 as \
      for all commands.

      Examples:
        presence-worker run --config worker.yaml
        presence-worker run -b kafka1:9092 --set enricher.lanes=2
        presence-worker run --config worker.yaml --roles bridge
        presence-worker run --embedded      on a broker inside the process, to try things: nothing survives it
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Bring a broker of its own, inside the process; delivery is at-least-once there.")
  var embedded = false

  @Option(help: ArgumentHelp("Partitions of the embedded broker's topics.", valueName: "count"))
  var embeddedPartitions = 4

  func run() async throws {
    let loaded = try options.load().configuration
    var configuration = loaded
    let threshold = LogThreshold(configuration.log.level)
    let logger = WorkerLogger.make(configuration, threshold)
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
    let runtime = try WorkerProcess.runtime(configuration, logger)
    let reload = ReloadService(
      options: options,
      running: loaded,
      runtime: runtime,
      threshold: threshold,
      logger: logger
    )
    try await WorkerProcess(configuration: configuration, runtime: runtime, logger: logger).run(with: [reload])
    withExtendedLifetime(broker) {}
  }
}

/// The logger of a process that runs a worker.
enum WorkerLogger {
  static func make(_ configuration: WorkerConfiguration, _ threshold: LogThreshold? = nil) -> Logger {
    let style: LogStyle =
      switch configuration.log.format {
      case .json: .json
      case .human: .human(colours: LogStyle.allowsColours(ProcessEnvironment.variables))
      case .auto: .fitting(descriptor: 2, environment: ProcessEnvironment.variables)
      }
    let threshold = threshold ?? LogThreshold(configuration.log.level)
    let repetition = RepetitionLimit()
    return Logger(label: "presence-worker") { label in
      LineLogHandler(label: label, style: style, threshold: threshold, repetition: repetition)
    }
  }
}

/// A worker with its signals, from start to drained.
struct WorkerProcess {
  let configuration: WorkerConfiguration
  let runtime: WorkerRuntime
  let logger: Logger

  /// Puts a worker together. A process that does not resolve needs to know the agents, and none of their secrets.
  static func runtime(_ configuration: WorkerConfiguration, _ logger: Logger) throws -> WorkerRuntime {
    let directory: AgentDirectory
    let roster: AgentRoster?
    let live: LiveRoster?
    do throws(ConfigurationError) {
      (directory, roster) = try AgentAssembly.agents(configuration, logger)
      live = try AgentAssembly.live(configuration, directory)
    } catch {
      throw CommandFailure(.configuration, "\(error)", advice: AgentAssembly.advice)
    }
    logger.info("Starting", metadata: facts(configuration, directory))
    return WorkerRuntime(configuration, directory: directory, roster: roster, live: live, logger: logger)
  }

  func run(with others: [any Service] = []) async throws {
    let registry = MetricRegistry()
    MetricsSystem.bootstrap(registry.libraries)
    let server = try OperationsAssembly.make(
      configuration,
      board: runtime.board,
      agents: runtime.agents,
      registry: registry,
      logger: logger
    )
    // The HTTP surface stands first: it is there until the others have drained.
    let services: [any Service] = (server.map { [$0] } ?? []) + runtime.services + others
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: (services + [DrainLimit(configuration, logger: logger)]).map {
          ServiceGroupConfiguration.ServiceConfiguration(service: $0)
        },
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger
      )
    )
    do {
      try await group.run()
    } catch let failure as OperationsFailure {
      throw CommandFailure(.unavailable, "\(failure)", advice: "http.address and http.port say where it listens.")
    }
    logger.info("Stopped")
  }

  /// What whoever reads the log wants to know of a worker that begins; no secrets.
  private static func facts(
    _ configuration: WorkerConfiguration,
    _ directory: AgentDirectory
  ) -> Logger.Metadata {
    [
      "version": "\(WorkerVersion.current)", "librdkafka": "\(KafkaLibrary.version)",
      "instance": "\(configuration.instance.label)",
      "membership": "\(configuration.instance.groupInstanceID == nil ? "dynamic" : "static")",
      "roles": "\(configuration.roles.map(\.rawValue).sorted().joined(separator: ","))",
      "bootstrapServers": "\(configuration.kafka.bootstrapServers.joined(separator: ","))",
      "prefix": "\(configuration.topics.prefix)", "lanes": "\(configuration.enricher.lanes)",
      "agents": "\(directory.descriptors.map(\.name).joined(separator: ","))",
      "delivery": "\(configuration.enricher.delivery.rawValue)",
    ]
  }
}
