// SPDX-License-Identifier: Apache-2.0

/// A topic, as one client numbers it: 0 for the first that was registered there, then 1 and so on.
///
/// Small enough to travel with every record, and usable as an index. Another client numbers its topics by itself;
/// register them in the same order to have the same numbers.
public struct KafkaTopic: Hashable, Sendable {
  /// The number.
  public let index: Int32

  /// A topic that was not registered by name; nothing that a client subscribes to or asks about is.
  public static let unknown = KafkaTopic(index: -1)

  /// Wraps a number.
  public init(index: Int32) {
    self.index = index
  }
}

/// A partition of a topic, by name.
public struct KafkaTopicPartition: Hashable, Sendable, CustomStringConvertible {
  /// The topic's name.
  public var topic: String

  /// The partition's number.
  public var partition: Int32

  /// Names a partition.
  public init(_ topic: String, _ partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  /// The topic and the partition, such as `orders[3]`.
  public var description: String { "\(topic)[\(partition)]" }
}

/// An offset, or a word for one.
public struct KafkaOffset: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The offset, or librdkafka's negative number for a word.
  public var rawValue: Int64

  /// Wraps a number.
  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// A certain offset.
  public init(_ offset: Int64) {
    self.rawValue = offset
  }

  /// The oldest record there is.
  public static let beginning = KafkaOffset(rawValue: -2)
  /// Behind the newest record there is.
  public static let end = KafkaOffset(rawValue: -1)
  /// What the group has committed, else where its reset rule says.
  public static let committed = KafkaOffset(rawValue: -1000)
  /// No offset: nothing committed, or no position yet.
  public static let none = KafkaOffset(rawValue: -1001)

  /// The offset itself; nil for a word.
  public var exact: Int64? { rawValue >= 0 ? rawValue : nil }

  /// By number; only meaningful between exact offsets.
  public static func < (left: KafkaOffset, right: KafkaOffset) -> Bool { left.rawValue < right.rawValue }

  /// The number, or the word.
  public var description: String {
    switch self {
    case .beginning: "beginning"
    case .end: "end"
    case .committed: "committed"
    case .none: "none"
    default: String(rawValue)
    }
  }
}

/// An offset in a partition: of the next record to read, as positions and committed offsets are.
public struct KafkaPosition: Hashable, Sendable, CustomStringConvertible {
  /// The partition.
  public var topicPartition: KafkaTopicPartition

  /// The offset.
  public var offset: KafkaOffset

  /// A position in a partition.
  public init(_ topicPartition: KafkaTopicPartition, _ offset: KafkaOffset) {
    self.topicPartition = topicPartition
    self.offset = offset
  }

  /// A position at a certain offset.
  public init(_ topic: String, _ partition: Int32, _ offset: Int64) {
    self.init(KafkaTopicPartition(topic, partition), KafkaOffset(offset))
  }

  /// The partition and the offset, such as `orders[3]@17`.
  public var description: String { "\(topicPartition)@\(offset)" }
}
