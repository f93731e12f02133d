// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Kafka
import Worker

/// `topics`: the worker's topics on a broker.
struct TopicsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topics",
    abstract: "Create the worker's topics, check them, copy them, say who may use them.",
    subcommands: [
      TopicsCreateCommand.self, TopicsCheckCommand.self, TopicsCopyCommand.self, TopicsAclsCommand.self,
    ]
  )
}

/// `topics check`: would the worker's guarantees hold on these topics?
struct TopicsCheckCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare the topics on the broker with what the worker needs.",
    discussion: """
      Looks at partition counts (topics keyed by user must have the same), cleanup policies, retention \
      (requests < duplicate window < outcomes, look-ups >= requests) and record sizes, and says for each problem what \
      to do. Changes nothing.

      Exit status: 0 where all is well, also with advice; 78 where a guarantee would not hold.

      Examples:
        presence-worker topics check -b kafka:9092
        presence-worker topics check --topic-prefix acme. --config worker.yaml
      """
  )

  @OptionGroup var options: ConfigurationOptions

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    try TopicsReport(broker.configuration, try broker.topics(), at: broker.address).print()
  }
}

/// `topics create`: makes what is missing.
struct TopicsCreateCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Create the topics that are missing; those that exist are left as they are.",
    discussion: """
      Partition counts are fixed for the life of a prefix: choose topics.partitions with growth in mind (replicas times \
      lanes of workers beyond it would idle). Topics that are added later get the count that the others have. Ends with \
      the report of `topics check`.

      Examples:
        presence-worker topics create -b kafka:9092 --dry-run
        presence-worker topics create --set topics.partitions=48 --set topics.replicationFactor=3
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Say what would be created, and create nothing.")
  var dryRun = false

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    let plan = TopologyPlan(broker.configuration, found: try broker.topics())
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    guard !plan.creations.isEmpty else {
      Terminal.writeLine("Nothing to create: all \(LogTopic.allCases.count) topics are there.")
      return try TopicsReport(broker.configuration, try broker.topics(), at: broker.address).print()
    }
    if dryRun {
      Terminal.writeLine("Would create on \(broker.address):")
      for line in TopicsReport.lines(of: plan, ink) { Terminal.writeLine(line) }
      return
    }
    let results = try create(plan, on: broker)
    var created: Set<String> = []
    var refused: [String] = []
    var refusal: KafkaError?
    for result in results {
      guard let error = result.error else {
        Terminal.writeLine("\(ink("created", .good)) \(result.name)")
        created.insert(result.name)
        continue
      }
      guard error.code != .topicAlreadyExists else { continue }
      refused.append(result.name)
      refusal = refusal ?? error
    }
    if let refusal {
      let names = refused.joined(separator: ", ")
      throw CommandFailure(refusal, doing: "create \(names)", at: broker.address, complaint: nil)
    }
    Terminal.writeLine("")
    try TopicsReport(broker.configuration, try topics(on: broker, awaiting: created), at: broker.address).print()
  }

  /// The broker's topics once it lists the new ones: a broker takes what the controller has decided into its metadata
  /// only a little later, and a report before that would call them missing. After the time-out it says what it sees.
  private func topics(on broker: Broker, awaiting created: Set<String>) throws(CommandFailure) -> [TopicFacts] {
    let deadline = ContinuousClock.now + broker.timeout
    while true {
      let found = try broker.topics()
      if created.isSubset(of: found.map(\.name)) || ContinuousClock.now > deadline { return found }
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  private func create(_ plan: TopologyPlan, on broker: Broker) throws(CommandFailure) -> [KafkaTopicResult] {
    try broker.attempt("create topics") { () throws(KafkaError) in
      let admin = try KafkaAdmin(
        broker.configuration.kafka.clientConfiguration,
        clientID: broker.clientID,
        observer: broker.observer
      )
      defer { admin.close() }
      let topics = plan.creations.map { creation in
        KafkaNewTopic(
          name: creation.name,
          partitions: creation.partitions,
          replication: creation.replicas,
          configuration: creation.settings
        )
      }
      return try admin.createTopics(topics, timeout: .seconds(30))
    }
  }
}
