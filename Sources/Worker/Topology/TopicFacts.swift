// SPDX-License-Identifier: Apache-2.0

/// What a broker says of a topic.
public struct TopicFacts: Sendable, Equatable {
  /// The full name.
  public var name: String
  /// How many partitions it has.
  public var partitions: Int
  /// How many replicas its partitions have; nil where that is not known.
  public var replicas: Int?
  /// Its settings by Kafka's names; nil where the broker would not say.
  public var settings: [String: String]?

  /// Facts about the topic of that name.
  public init(name: String, partitions: Int, replicas: Int? = nil, settings: [String: String]? = nil) {
    self.name = name
    self.partitions = partitions
    self.replicas = replicas
    self.settings = settings
  }

  /// The policies of `cleanup.policy`, which may be a list; nil where that is not known.
  var cleanup: Set<String>? {
    settings?["cleanup.policy"].map { text in Set(text.split(separator: ",").map { String($0.trimmed) }) }
  }

  /// What `retention.ms` says; nil where that is not known.
  var retention: Retention? {
    settings?["retention.ms"].flatMap(Int64.init).map { $0 < 0 ? .forever : .limited(.milliseconds($0)) }
  }

  func number(_ setting: String) -> Double? { settings?[setting].flatMap(Double.init) }
}

/// How long a topic keeps its records.
enum Retention: Comparable, Sendable {
  case limited(Duration)
  case forever
}

extension Retention: CustomStringConvertible {
  var description: String {
    switch self {
    case .limited(let duration): DurationText.render(duration)
    case .forever: "without end"
    }
  }
}
