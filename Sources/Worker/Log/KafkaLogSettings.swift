// SPDX-License-Identifier: Apache-2.0

public import Kafka

/// What a lane's Kafka clients are made of.
public struct KafkaLogSettings: Sendable {
  /// The properties that consumers and producers share, the bootstrap servers among them.
  public var common: KafkaConfiguration
  /// Properties of consumers alone, by librdkafka's names.
  public var consumer: [String: String] = [:]
  /// Properties of producers alone, by librdkafka's names.
  public var producer: [String: String] = [:]
  /// What all topics, the group and the transactional ids begin with.
  public var prefix = ""
  /// The group's name without the prefix.
  public var group = "presence-worker-enricher-v1"
  /// The instance's name: part of `client.id` and of the transactional id.
  public var instance: String
  /// The lane's number: part of both, too.
  public var lane: Int
  /// The static member's name; nil for a dynamic member.
  public var groupInstanceID: String?
  /// Whether outputs and offsets are committed in transactions.
  public var isTransactional = true
  /// After what time the broker aborts a transaction.
  public var transactionTimeout = Duration.seconds(10)
  /// After what silence the group takes a member's partitions away.
  public var sessionTimeout = Duration.seconds(15)
  /// How long a member may be busy between two polls.
  public var maximumPollInterval = Duration.seconds(60)
  /// Receives logs and background errors.
  public var observer = KafkaObserver()
  /// Keeps the clients' statistics; nil asks for none.
  public var vitals: ClientVitals?

  /// The settings of one lane's clients.
  public init(common: KafkaConfiguration, instance: String, lane: Int) {
    self.common = common
    self.instance = instance
    self.lane = lane
  }

  /// `client.id`: the instance and the lane, so that the order of a group's members is stable.
  var clientID: String { "\(instance)-\(lane)" }

  /// The group with its prefix.
  var groupName: String { prefix + group }

  /// `transactional.id`: one producer of it is alive at a time.
  var transactionalID: String { "\(groupName)-\(instance)-\(lane)" }

  /// A topic's name with the prefix.
  func name(of topic: LogTopic) -> String { prefix + topic.name }

  /// Whose clients these are, for those who watch them.
  var owner: String { "lane-\(lane)" }

  /// The observer of one of the clients.
  func observer(of client: String) -> KafkaObserver { vitals?.observer(owner, client, observer) ?? observer }

  private var statistics: [String: String] { vitals == nil ? [:] : ["statistics.interval.ms": ClientVitals.interval] }

  /// A queue that is bounded by its bytes alone: `queued.min.messages` counts the records of all partitions together.
  /// What lies in it takes several times its bytes in memory, so it is a short one, some 50 ms of a busy lane, whose
  /// fetchers are woken in time (`FetcherWake`).
  ///
  /// A member takes little of a partition at a time: it writes to all of its partitions at a transaction's beginning
  /// then, and librdkafka, whose main thread spins for a millisecond around each request that adds partitions to a
  /// transaction, adds them with fewer requests.
  static let memberDefaults = [
    "queued.min.messages": "10000000", "queued.max.messages.kbytes": "4096", "fetch.wait.max.ms": "10",
    "fetch.message.max.bytes": "131072",
  ]

  /// The same for readers, which fetch one partition after the other and write nothing.
  static let readerDefaults = memberDefaults.merging([
    "queued.max.messages.kbytes": "32768", "fetch.message.max.bytes": "1048576",
  ]) { _, own in own }

  /// How often a member of a group reports to it, in milliseconds: often enough for its session, and, as the answer is
  /// what tells of a rebalance, at least every three seconds however long the session is.
  static func heartbeatInterval(session: Duration) -> String {
    String(min(3_000, max(100, session.milliseconds / 5)))
  }

  /// The properties of the group's consumer.
  var consumerConfiguration: KafkaConfiguration {
    var own = Self.memberDefaults.merging(statistics) { _, own in own }
    own["session.timeout.ms"] = String(sessionTimeout.milliseconds)
    own["heartbeat.interval.ms"] = Self.heartbeatInterval(session: sessionTimeout)
    own["max.poll.interval.ms"] = String(max(maximumPollInterval, sessionTimeout).milliseconds)
    return common.over(own).merging(consumer)
  }

  /// The properties of readers, which have no membership to time out.
  var readerConfiguration: KafkaConfiguration {
    common.over(Self.readerDefaults).merging(consumer)
  }

  /// The properties of the producer.
  var producerConfiguration: KafkaConfiguration {
    // A commit sends what lingers at once. At least once, readers wait for no commit but for the lingering itself.
    var own = [
      "retry.backoff.ms": "15", "linger.ms": isTransactional ? "5" : "1", "batch.num.messages": "10000",
      "compression.type": "lz4", "queue.buffering.max.messages": "500000", "queue.buffering.max.kbytes": "524288",
      "message.max.bytes": String(Topology.largestRecord),
    ]
    if isTransactional { own["transaction.timeout.ms"] = String(transactionTimeout.milliseconds) }
    return common.over(own.merging(statistics) { own, _ in own }).merging(producer)
  }
}
