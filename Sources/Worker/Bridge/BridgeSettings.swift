// SPDX-License-Identifier: Apache-2.0

import Kafka

/// What a bridge is made of.
struct BridgeSettings: Sendable {
  /// The properties that consumer and producer share, the bootstrap servers among them.
  var common: KafkaConfiguration
  /// Properties of the consumer alone, by librdkafka's names.
  var consumer: [String: String] = [:]
  /// Properties of producers alone, by librdkafka's names.
  var producer: [String: String] = [:]
  /// What all topics and the group begin with.
  var prefix = ""
  /// The group's name without the prefix.
  var group = "presence-worker-bridge-v1"
  /// The instance: part of `client.id`.
  var instance: String
  /// The static member's name; nil for a dynamic member.
  var groupInstanceID: String?
  /// What may change while it runs.
  var rules = BridgeRules()
  /// After what silence the group takes a member's partitions away.
  var sessionTimeout = Duration.seconds(15)
  /// How long a member may be busy between two polls.
  var maximumPollInterval = Duration.seconds(60)
  /// Whether a static member leaves its group when it is stopped.
  var leavesGroup = true
  /// How long what is published may take to arrive when partitions are given up.
  var drainBudget = Duration.seconds(2)
  /// How many records of a partition's end are looked through for the sequences of holders before.
  var tail: Int64 = 5_000
  /// How many publications may be on their way; beyond that the last state of everybody waits here.
  var maximumInFlight = 10_000
  /// The `ce_source` of what is published.
  var eventSource = "/presence-worker"
  /// Receives logs and background errors.
  var observer = KafkaObserver()
  /// Keeps the clients' statistics; nil asks for none.
  var vitals: ClientVitals?

  init(common: KafkaConfiguration, instance: String) {
    self.common = common
    self.instance = instance
  }

  /// The observer of one of the clients.
  func observer(of client: String) -> KafkaObserver { vitals?.observer("bridge", client, observer) ?? observer }

  private var statistics: [String: String] { vitals == nil ? [:] : ["statistics.interval.ms": ClientVitals.interval] }

  /// The properties of the producer.
  var producerConfiguration: KafkaConfiguration {
    common.over(["linger.ms": "2", "retry.backoff.ms": "15"]).over(statistics).merging(producer)
  }

  /// The properties of the consumer. What it fetches ahead is bounded: profiles are read whole at each assignment.
  var consumerConfiguration: KafkaConfiguration {
    common.over([
      "session.timeout.ms": String(sessionTimeout.milliseconds), "fetch.wait.max.ms": "100",
      "heartbeat.interval.ms": KafkaLogSettings.heartbeatInterval(session: sessionTimeout),
      "max.poll.interval.ms": String(max(maximumPollInterval, sessionTimeout).milliseconds),
      "queued.max.messages.kbytes": "16384",
    ]).over(statistics).merging(consumer)
  }

  var clientID: String { "\(instance)-bridge" }
  var groupName: String { prefix + group }
  func name(of topic: LogTopic) -> String { prefix + topic.name }
}
