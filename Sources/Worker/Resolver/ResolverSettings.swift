// SPDX-License-Identifier: Apache-2.0

public import Kafka

/// What a resolver is made of.
public struct ResolverSettings: Sendable {
  /// The properties that consumer and producer share, the bootstrap servers among them.
  public var common: KafkaConfiguration
  /// Properties of the consumer alone, by librdkafka's names.
  public var consumer: [String: String] = [:]
  /// Properties of producers alone, by librdkafka's names.
  public var producer: [String: String] = [:]
  /// What all topics and the group begin with.
  public var prefix = ""
  /// The group's name without the prefix.
  public var group = "presence-worker-resolver-v1"
  /// The instance: part of `client.id`, and named in dead letters.
  public var instance: String
  /// The static member's name; nil for a dynamic member.
  public var groupInstanceID: String?
  /// How many look-ups may be under way; beyond it nothing more is read.
  public var maximumUnderWay = 20_000
  /// How often positions are committed.
  public var commitInterval = Duration.seconds(1)
  /// After what silence the group takes a member's partitions away.
  public var sessionTimeout = Duration.seconds(15)
  /// How long a member may be busy between two polls.
  public var maximumPollInterval = Duration.seconds(60)
  /// How long stopping may wait for what is under way.
  public var drainBudget = Duration.seconds(5)
  /// The `ce_source` of what is published.
  public var eventSource = "/presence-worker"
  /// Receives logs and background errors.
  public var observer = KafkaObserver()
  /// Keeps the clients' statistics; nil asks for none.
  public var vitals: ClientVitals?

  /// The settings of an instance's resolver.
  public init(common: KafkaConfiguration, instance: String) {
    self.common = common
    self.instance = instance
  }

  /// The observer of one of the clients.
  func observer(of client: String) -> KafkaObserver { vitals?.observer("resolver", client, observer) ?? observer }

  var statistics: [String: String] { vitals == nil ? [:] : ["statistics.interval.ms": ClientVitals.interval] }

  var clientID: String { "\(instance)-resolver" }
  var groupName: String { prefix + group }
  func name(of topic: LogTopic) -> String { prefix + topic.name }
}
