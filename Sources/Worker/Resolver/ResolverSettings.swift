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
  /// What may change while it runs.
  public var limits = Limits()
  /// After what silence the group takes a member's partitions away.
  public var sessionTimeout = Duration.seconds(15)
  /// How long a member may be busy between two polls.
  public var maximumPollInterval = Duration.seconds(60)
  /// Whether a static member leaves its group when it is stopped.
  public var leavesGroup = true
  /// The `ce_source` of what is published.
  public var eventSource = "/presence-worker"
  /// Receives logs and background errors.
  public var observer = KafkaObserver()
  /// Keeps the clients' statistics; nil asks for none.
  public var vitals: ClientVitals?

  /// What may change while a resolver runs.
  public struct Limits: Sendable, Equatable {
    /// How many look-ups may be under way; beyond it nothing more is read.
    public var underWay = 20_000
    /// How many bytes they may take.
    public var underWayBytes = 64 << 20
    /// How often positions are committed.
    public var commitInterval = Duration.seconds(1)
    /// How long stopping may wait for what is under way.
    public var drainBudget = Duration.seconds(5)

    /// The defaults.
    public init() {}
  }

  /// The settings of an instance's resolver.
  public init(common: KafkaConfiguration, instance: String) {
    self.common = common
    self.instance = instance
  }

  /// The observer of one of the clients.
  func observer(of client: String) -> KafkaObserver { vitals?.observer("resolver", client, observer) ?? observer }

  var statistics: [String: String] { vitals == nil ? [:] : ["statistics.interval.ms": ClientVitals.interval] }

  /// How many look-ups may be under way.
  var maximumUnderWay: Int { limits.underWay }
  /// How many bytes they may take.
  var maximumUnderWayBytes: Int { limits.underWayBytes }
  /// How often positions are committed.
  var commitInterval: Duration { limits.commitInterval }
  /// How long stopping may wait.
  var drainBudget: Duration { limits.drainBudget }

  /// The properties of the producer.
  var producerConfiguration: KafkaConfiguration {
    common.over([
      "linger.ms": "2", "retry.backoff.ms": "15", "message.max.bytes": String(Topology.largestRecord),
    ]).over(statistics).merging(producer)
  }

  /// The properties of the consumer. What it fetches ahead is bounded, too: look-ups may carry requests of 256 KiB.
  var consumerConfiguration: KafkaConfiguration {
    common.over([
      "session.timeout.ms": String(sessionTimeout.milliseconds), "fetch.wait.max.ms": "10",
      "heartbeat.interval.ms": KafkaLogSettings.heartbeatInterval(session: sessionTimeout),
      "max.poll.interval.ms": String(max(maximumPollInterval, sessionTimeout).milliseconds),
      "queued.max.messages.kbytes": "65536",
    ]).over(statistics).merging(consumer)
  }

  var clientID: String { "\(instance)-resolver" }
  var groupName: String { prefix + group }
  func name(of topic: LogTopic) -> String { prefix + topic.name }
}
