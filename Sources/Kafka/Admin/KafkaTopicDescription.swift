// SPDX-License-Identifier: Apache-2.0

/// What the cluster's metadata says about a topic.
public struct KafkaTopicDescription: Sendable, Equatable {
  /// The topic's name.
  public var name: String

  /// The number of partitions; 0 where the topic could not be described.
  public var partitions: Int

  /// The number of replicas of the partition that has fewest.
  public var replication: Int

  /// Why the topic could not be described; ``KafkaError/Code/unknownTopicOrPartition`` where there is none.
  public var error: KafkaError?

  /// Makes a description.
  public init(name: String, partitions: Int, replication: Int, error: KafkaError? = nil) {
    self.name = name
    self.partitions = partitions
    self.replication = replication
    self.error = error
  }
}

/// The configuration of a topic.
public struct KafkaTopicConfiguration: Sendable, Equatable {
  /// The topic's name.
  public var name: String

  /// The properties in effect, whether set on the topic or the broker's default; without sensitive ones.
  public var properties: [String: String]

  /// Why the configuration could not be described.
  public var error: KafkaError?

  /// Makes a description.
  public init(name: String, properties: [String: String], error: KafkaError? = nil) {
    self.name = name
    self.properties = properties
    self.error = error
  }
}

/// A topic to create.
public struct KafkaNewTopic: Sendable, Equatable {
  /// The topic's name.
  public var name: String

  /// The number of partitions.
  public var partitions: Int

  /// The number of replicas; nil for the broker's default.
  public var replication: Int?

  /// The topic's own properties, such as `cleanup.policy`.
  public var configuration: [String: String]

  /// Describes a topic to create.
  public init(name: String, partitions: Int, replication: Int? = nil, configuration: [String: String] = [:]) {
    self.name = name
    self.partitions = partitions
    self.replication = replication
    self.configuration = configuration
  }
}

/// What became of a request for one topic.
public struct KafkaTopicResult: Sendable, Equatable {
  /// The topic's name.
  public var name: String

  /// Why it failed; nil where it succeeded.
  public var error: KafkaError?

  /// Makes a result.
  public init(name: String, error: KafkaError? = nil) {
    self.name = name
    self.error = error
  }
}
