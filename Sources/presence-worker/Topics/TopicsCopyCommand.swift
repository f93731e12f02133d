// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Kafka
import PresenceModel
import Worker

/// `topics copy`: state under a new prefix, for more partitions.
struct TopicsCopyCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copy the state to topics of another prefix, such as ones with more partitions.",
    discussion: """
      A partition count is fixed for the life of a prefix: raising it would move keys away from their state. To grow, \
      make topics of a new prefix and copy what the state is restored from: profiles, spaces, snapshots and outcomes. \
      Each record keeps key, value, headers and time, and goes to the partition of its key.

      Producers have to be stopped or moved, and the workers drained, before; docs/OPERATIONS.md has the procedure. \
      Topics that hold records already are refused.

      Examples:
        presence-worker topics create --topic-prefix v2. --set topics.partitions=48
        presence-worker topics copy --topic-prefix v1. --to-prefix v2. --dry-run
        presence-worker topics copy --topic-prefix v1. --to-prefix v2.
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Option(help: ArgumentHelp("What the new topics begin with.", valueName: "prefix"))
  var toPrefix: String

  @Flag(help: "Say what would be copied, and copy nothing.")
  var dryRun = false

  /// What a worker restores its state from.
  static let topics: [LogTopic] = [.userProfiles, .portalSpaces, .presenceSnapshots, .contactOutcomes]

  func perform() throws {
    let source = Broker(try options.load().configuration)
    var configuration = source.configuration
    configuration.topics.prefix = toPrefix
    guard toPrefix != source.configuration.topics.prefix else {
      throw CommandFailure(.usage, "--to-prefix is the prefix that the topics have: choose another")
    }
    let copy = try TopicCopy(from: source, to: Broker(configuration))
    defer { copy.close() }
    for topic in Self.topics {
      let name = copy.name(of: topic)
      if dryRun {
        Terminal.writeLine("would copy \(source.topology.name(of: topic)) to \(name)")
        continue
      }
      let count = try copy.run(topic)
      Terminal.writeLine("\(name): \(count) records")
    }
    if !dryRun { Terminal.writeLine("Copied. Point topics.prefix of workers and producers to “\(toPrefix)”.") }
  }
}

/// Copies topics record by record, keys to the partitions that they have under the new count.
///
/// Used by one thread.
final class TopicCopy {
  private let source: Broker
  private let target: Broker
  private let producer: KafkaProducer
  private var headers = KafkaHeaders()
  private var failure: KafkaError?

  /// A copy between the topics of two prefixes on one cluster; refuses targets that hold records.
  init(from source: Broker, to target: Broker) throws(CommandFailure) {
    self.source = source
    self.target = target
    _ = try source.partitions(of: TopicsCopyCommand.topics)
    let counts = try target.partitions(of: TopicsCopyCommand.topics)
    let configuration = target.configuration.kafka.producerConfiguration.over([
      "linger.ms": "20", "message.max.bytes": String(Topology.inputBytes + Topology.deadLetterAllowance),
    ])
    producer = try target.attempt("connect") { () throws(KafkaError) in
      try KafkaProducer(configuration, clientID: target.clientID, observer: target.observer)
    }
    try refuseRecords(in: counts)
  }

  /// The name of a topic's copy.
  func name(of topic: LogTopic) -> String { target.topology.name(of: topic) }

  /// Copies a topic to its end, and returns how many records it had.
  func run(_ topic: LogTopic) throws(CommandFailure) -> Int {
    let copy = try target.attempt("write to \(name(of: topic))") { () throws(KafkaError) in
      try producer.topic(name(of: topic))
    }
    let reader = try TopicReader(source, [topic: .beginning])
    let progress = ProgressLine("records of \(topic.name)")
    var count = 0
    try reader.readToEnd { record in
      guard failure == nil else { return }
      progress.advance()
      count += 1
      do throws(KafkaError) {
        try enqueue(record, copy)
      } catch {
        failure = error
      }
    }
    progress.end()
    try reader.close()
    if failure == nil {
      do throws(KafkaError) {
        try producer.flush(timeout: .seconds(60))
        takeDeliveries()
      } catch {
        failure = error
      }
    }
    guard let failure else { return count }
    var complaint = CommandFailure(failure, doing: "copy", at: target.address, complaint: target.lastComplaint)
    complaint.advice += " The copy is not whole: delete the new topics, create them again, and copy once more."
    throw complaint
  }

  /// Frees the client.
  func close() { producer.close() }

  private func enqueue(_ record: TopicReader.Record, _ copy: KafkaTopic) throws(KafkaError) {
    headers.removeAll()
    record.forEachHeader { name, value in headers.append(name: name, value: value) }
    while true {
      do throws(KafkaError) {
        return try producer.produce(
          copy,
          partition: KafkaProducer.partitionByKey,
          key: record.key,
          value: record.value,
          headers: headers,
          timestamp: record.timestamp?.milliseconds ?? 0
        )
      } catch {
        guard error.code == .queueFull else { throw error }
      }
      try producer.poll(timeout: .milliseconds(100))
      takeDeliveries()
      if let failure { throw failure }
    }
  }

  private func takeDeliveries() {
    producer.takeDeliveries { delivery in failure = failure ?? delivery.error }
  }

  private func refuseRecords(in counts: [LogTopic: Int32]) throws(CommandFailure) {
    var starts: [LogTopic: TopicReader.Start] = [:]
    for topic in counts.keys { starts[topic] = .beginning }
    let reader = try TopicReader(target, starts)
    var found: LogTopic?
    while !reader.isCaughtUp, found == nil {
      try reader.poll(timeout: .milliseconds(100), limit: 1) { found = $0.topic }
    }
    try reader.close()
    guard let found else { return }
    throw CommandFailure(
      .data,
      "\(name(of: found)) holds records already: older ones behind them would undo them",
      advice: "Copy into topics that are new; `presence-worker topics create --topic-prefix …` makes them."
    )
  }
}
