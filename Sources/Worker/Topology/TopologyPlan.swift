// SPDX-License-Identifier: Apache-2.0

/// A topic that is to be created.
public struct TopicCreation: Sendable, Equatable {
  /// The full name.
  public var name: String
  /// How many partitions.
  public var partitions: Int
  /// How many replicas; nil leaves it to the broker.
  public var replicas: Int?
  /// The settings by Kafka's names.
  public var settings: [String: String]

  /// A topic to create.
  public init(name: String, partitions: Int, replicas: Int?, settings: [String: String]) {
    self.name = name
    self.partitions = partitions
    self.replicas = replicas
    self.settings = settings
  }
}

/// What `topics create` does: creates what is missing and touches nothing that exists.
public struct TopologyPlan: Sendable, Equatable {
  /// The topics to create, in the contract's order.
  public let creations: [TopicCreation]

  /// The plan for a configuration and a broker.
  ///
  /// The co-partitioned topics get the count that their like have on the broker already, else the configured one: a
  /// topic added to a running prefix must fit the others, whatever the file says today. Spaces are few and read whole
  /// by every process; they get a single partition.
  public init(_ configuration: WorkerConfiguration, found: [TopicFacts]) {
    let topology = Topology(configuration)
    let names = Set(found.map(\.name))
    let usual = Dictionary(
      grouping: found.filter { topology.topic(named: $0.name)?.isCoPartitioned == true },
      by: \.partitions
    )
    let count =
      usual.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.key ?? configuration.topics.partitions
    creations = LogTopic.allCases.filter { !names.contains(topology.name(of: $0)) }.map { topic in
      TopicCreation(
        name: topology.name(of: topic),
        partitions: topic == .portalSpaces ? 1 : count,
        replicas: configuration.topics.replicationFactor,
        settings: topic.settings
      )
    }
  }
}
