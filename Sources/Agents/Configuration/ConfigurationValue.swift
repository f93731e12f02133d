// SPDX-License-Identifier: Apache-2.0

/// A node of a configuration as it was written, before anybody has judged it: what any `Decoder` can make of it.
public enum ConfigurationValue: Hashable, Sendable {
  /// Nothing.
  case none
  /// A text, a number or a truth value, by its text.
  case scalar(String)
  /// A list.
  case list([ConfigurationValue])
  /// A map.
  case map([String: ConfigurationValue])
}

extension ConfigurationValue: Decodable {
  private struct MemberKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Takes any node: what a `try?` refuses is of another kind, and comes to the next.
  public init(from decoder: any Decoder) throws {
    if let map = try? decoder.container(keyedBy: MemberKey.self) {
      var members: [String: ConfigurationValue] = [:]
      for key in map.allKeys { members[key.stringValue] = try map.decode(ConfigurationValue.self, forKey: key) }
      self = .map(members)
      return
    }
    if var list = try? decoder.unkeyedContainer() {
      var elements: [ConfigurationValue] = []
      while !list.isAtEnd { elements.append(try list.decode(ConfigurationValue.self)) }
      self = .list(elements)
      return
    }
    let scalar = try decoder.singleValueContainer()
    if scalar.decodeNil() {
      self = .none
    } else if let text = try? scalar.decode(String.self) {
      self = .scalar(text)
    } else if let value = try? scalar.decode(Bool.self) {
      self = .scalar(value ? "true" : "false")
    } else if let value = try? scalar.decode(Int.self) {
      self = .scalar(String(value))
    } else {
      self = .scalar(String(try scalar.decode(Double.self)))
    }
  }
}

extension ConfigurationValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// A scalar.
  public init(stringLiteral value: String) { self = .scalar(value) }

  /// A list.
  public init(arrayLiteral elements: ConfigurationValue...) { self = .list(elements) }

  /// A map; of a key that is there twice, the last value counts.
  public init(dictionaryLiteral elements: (String, ConfigurationValue)...) {
    self = .map(Dictionary(elements) { $1 })
  }
}

/// Something that is wrong in a configuration.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where: `agents[2].limits.timeout`.
  public let key: String
  /// What stands there; nil where nothing does, and for what may be secret.
  public let value: String?
  /// What is wrong, and what would be right.
  public let message: String

  /// A problem.
  public init(key: String, value: String?, message: String) {
    self.key = key
    self.value = value
    self.message = message
  }

  /// The text for people.
  public var description: String { value.map { "\(key): \"\($0)\" \(message)" } ?? "\(key): \(message)" }
}

/// All that is wrong in a configuration.
public struct ConfigurationProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// The problems, in the order of the configuration.
  public let problems: [ConfigurationProblem]

  /// The text for people.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
