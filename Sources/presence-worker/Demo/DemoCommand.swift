// SPDX-License-Identifier: Apache-2.0

import AgentKit
import ArgumentParser
import Foundation
import Kafka
import Logging
import ServiceLifecycle
import Worker

/// `demo`: the worker with a small simulated office, on a broker inside the process.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run the worker with a simulated office on a broker inside the process, and show what comes out.",
    discussion: """
      Eight people: six on the enterprise's server, which pushes their presence, two on a chat network, which has to \
      be asked. Their presence changes, and they write to each other. The table shows who is what; below it stands \
      why each request became a chat or a mail. The broker speaks real Kafka: the last line has a kcat command for a \
      second terminal. Nothing leaves this machine, and nothing survives the demonstration. Ctrl-C ends it.

      Examples:
        presence-worker demo
        presence-worker demo --pace 100ms --seconds 20
        presence-worker demo --plain | grep mail
      """
  )

  @Option(help: ArgumentHelp("How often something happens in the office.", valueName: "duration"))
  var pace = TimeSpan(.milliseconds(900))

  @Option(help: ArgumentHelp("End by itself after so many seconds.", valueName: "seconds"))
  var seconds: Int?

  @Flag(help: "A line for each event in place of the table, as when the output is no terminal.")
  var plain = false

  private static let partitions = 4

  func run() async throws {
    Interrupt.install()
    var configuration = WorkerConfiguration()
    configuration.enricher.commitInterval = .milliseconds(50)
    configuration.log.level = .error
    let broker = try EmbeddedBroker(configuration, partitions: DemoCommand.partitions)
    configuration = broker.adapting(configuration)
    let address = broker.cluster.bootstrapServers
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    let kcat = "kcat -C -b \(address) -t presence.snapshots -o beginning -f '%k: %s\\n'"
    Terminal.writeLine("Broker inside this process at \(address). From a second terminal:")
    Terminal.writeLine("  " + ink(kcat, .strong))
    Terminal.writeLine("The group forms in about three seconds ...")

    let chat = OfficeAgent.chat()
    let server = OfficeAgent.server()
    let logger = WorkerLogger.make(configuration)
    let chain = try PresenceChain([chat, server], logger: logger)
    let runtime = WorkerRuntime(
      configuration,
      directory: chain.directory,
      roster: AgentRoster(chain: chain),
      logger: logger
    )
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: runtime.services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
        logger: logger
      )
    )
    let shown = configuration
    let pace = pace.duration
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      tasks.addTask {
        try await onThread(named: "office") {
          let office = try OfficeSimulation(
            bootstrapServers: address,
            prefix: "",
            partitions: DemoCommand.partitions,
            chat: chat,
            server: server
          )
          try office.run(pace: pace) { !Interrupt.isRaised }
        }
      }
      tasks.addTask {
        defer { Interrupt.raise() }
        try await onThread(named: "board") { try show(shown, kcat: kcat, ink) }
        await group.triggerGracefulShutdown()
      }
      if let seconds {
        tasks.addTask {
          try await Task.sleep(for: .seconds(seconds))
          Interrupt.raise()
        }
      }

      try await tasks.waitForAll()
    }
    withExtendedLifetime(broker) {}
  }

  private func show(_ configuration: WorkerConfiguration, kcat: String, _ ink: Ink) throws {
    let own = Broker(configuration)
    var starts: [LogTopic: TopicReader.Start] = [:]
    for topic in BoardEvent.topics { starts[topic] = .beginning }
    let reader = try TopicReader(own, starts)
    let feed = WatchFeed(reader, users: [], isOnce: false, limit: nil)
    if plain || !Terminal.isInteractive {
      try feed.writeLines(ink)
    } else {
      try feed.draw(title: "office at \(own.address)", hints: ["Ctrl-C ends. In a second terminal:", kcat], ink) {
        own.lastComplaint
      }
    }
    try reader.close()
  }
}

/// Runs blocking work on a thread of its own.
private func onThread(named name: String, _ body: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
    let thread = Thread { continuation.resume(with: Result { try body() }) }
    thread.name = name
    thread.start()
  }
}
