// SPDX-License-Identifier: Apache-2.0

import Kafka
import Synchronization
import Worker

/// The broker that a configuration names, as commands use it: blocking, with errors that say what to do.
///
/// Used by one thread.
final class Broker {
  /// The configuration in effect.
  let configuration: WorkerConfiguration
  /// The topics under its prefix.
  let topology: Topology
  /// How long one answer may take.
  let timeout: Duration

  private let complaints = Complaints()

  init(_ configuration: WorkerConfiguration, timeout: Duration = .seconds(10)) {
    self.configuration = configuration
    topology = Topology(configuration)
    self.timeout = timeout
  }

  /// Where it is, for titles and messages.
  var address: String { configuration.kafka.bootstrapServers.joined(separator: ",") }

  /// What every client of a command reports to: nothing is printed, the last complaint explains a failure.
  var observer: KafkaObserver { complaints.observer }

  /// What a client's background has complained of last: `Connection refused`; nil where all is well.
  var lastComplaint: String? { configuration.kafka.tokenProvider?.lastFailure ?? complaints.last }

  /// The client's name in the broker's logs.
  var clientID: String { "presence-worker-cli" }

  /// Everything that the broker says of the worker's topics, those that exist.
  ///
  /// All topics are asked for at once and never one by its name: a broker that creates topics by itself would make it.
  func topics() throws(CommandFailure) -> [TopicFacts] {
    try attempt("list the topics") { () throws(KafkaError) in
      let admin = try KafkaAdmin(configuration.kafka.clientConfiguration, clientID: clientID, observer: observer)
      defer { admin.close() }
      let described = try admin.describeTopics(nil, timeout: timeout).filter { $0.error == nil }
      let ours = described.filter { topology.topic(named: $0.name) != nil }
      let settings = try self.settings(of: ours.map(\.name), admin)
      return ours.map {
        TopicFacts(name: $0.name, partitions: $0.partitions, replicas: $0.replication, settings: settings[$0.name])
      }
    }
  }

  /// The partition counts of these topics; a topic that does not exist is a failure that says so.
  func partitions(of topics: [LogTopic]) throws(CommandFailure) -> [LogTopic: Int32] {
    let described = try attempt("list the topics") { () throws(KafkaError) in
      let admin = try KafkaAdmin(configuration.kafka.clientConfiguration, clientID: clientID, observer: observer)
      defer { admin.close() }
      return try admin.describeTopics(nil, timeout: timeout)
    }
    var counts: [LogTopic: Int32] = [:]
    for topic in topics {
      guard let facts = described.first(where: { $0.name == topology.name(of: topic) }), facts.partitions > 0 else {
        throw CommandFailure(
          .unavailable,
          "\(address) has no topic \(topology.name(of: topic))",
          advice: "`presence-worker topics create` makes the topics; --topic-prefix chooses others."
        )
      }
      counts[topic] = Int32(clamping: facts.partitions)
    }
    return counts
  }

  /// Runs a call and turns its error into a failure that says what to do.
  func attempt<Result>(
    _ what: String,
    _ body: () throws(KafkaError) -> Result
  ) throws(CommandFailure) -> Result {
    do {
      return try body()
    } catch {
      throw CommandFailure(error, doing: what, at: address, complaint: lastComplaint)
    }
  }

  /// The settings of each topic; none of those that the broker would not tell.
  private func settings(of names: [String], _ admin: KafkaAdmin) throws(KafkaError) -> [String: [String: String]] {
    guard !names.isEmpty else { return [:] }
    do {
      var settings: [String: [String: String]] = [:]
      for configuration in try admin.describeConfigurations(ofTopics: names, timeout: min(timeout, .seconds(5)))
      where configuration.error == nil {
        settings[configuration.name] = configuration.properties
      }
      return settings
    } catch {
      // The broker, which has just listed the topics, will not say, or has no controller to ask, as the one inside of
      // the worker: the check has a word for that.
      guard [.unsupportedFeature, .topicAuthorizationFailed, .timedOut].contains(error.code) else { throw error }
      return [:]
    }
  }
}

/// The last thing that a client's background has complained of.
private final class Complaints: Sendable {
  private let text = Mutex<String?>(nil)

  var last: String? { text.withLock { $0 } }

  var observer: KafkaObserver {
    KafkaObserver(
      log: { line in
        // What fails before a client is polled for the first time, as an administrator's never is, is only logged.
        if line.level <= 3 || line.facility == "FAIL" { self.text.withLock { $0 = line.message } }
      },
      error: { error in
        let detail = error.detail.isEmpty ? "\(error.code)" : error.detail
        self.text.withLock { $0 = detail }
      }
    )
  }
}
