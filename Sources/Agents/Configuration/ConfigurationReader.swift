// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Reads one map of a configuration, and collects everything that is wrong in it instead of stopping at the first.
///
/// Whatever is wrong reads as its default. Keys that nobody asked for are reported by `finish`.
final class ConfigurationReader {
  /// Where all readers of one configuration put what they find.
  final class Findings {
    var problems: [ConfigurationProblem] = []
  }

  let path: String
  let findings: Findings
  private let members: [String: ConfigurationValue]
  private var known: Set<String> = []

  init(_ value: ConfigurationValue, path: String, findings: Findings) {
    self.path = path
    self.findings = findings
    switch value {
    case .map(let members): self.members = members
    case .none: members = [:]
    case .scalar, .list:
      members = [:]
      findings.problems.append(ConfigurationProblem(key: path, value: nil, message: "must be a map of keys"))
    }
  }

  /// Reports a problem of a key.
  func report(_ key: String, _ value: String? = nil, _ message: String) {
    findings.problems.append(ConfigurationProblem(key: "\(path).\(key)", value: value, message: message))
  }

  /// What stands at a key; nil where nothing does.
  func value(_ key: String) -> ConfigurationValue? {
    known.insert(key)
    switch members[key] {
    case nil, ConfigurationValue.none?: return nil
    case let value?: return value
    }
  }

  /// A text.
  func text(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    guard case .scalar(let text) = value else {
      report(key, nil, "must be a single value")
      return nil
    }
    return text
  }

  /// A text that must be there.
  func requiredText(_ key: String, _ what: String) -> String? {
    if let text = text(key), !text.isEmpty { return text }
    report(key, nil, "is missing: \(what)")
    return nil
  }

  /// A text that something can be made of.
  func parsed<Value, Failure: Error & CustomStringConvertible>(
    _ key: String,
    _ parse: (String) throws(Failure) -> Value
  ) -> Value? {
    guard let text = text(key) else { return nil }
    do throws(Failure) {
      return try parse(text)
    } catch {
      report(key, text, error.description)
      return nil
    }
  }

  /// One of the values of an enumeration.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String,
    default value: Value
  ) -> Value where Value.RawValue == String {
    guard let text = text(key) else { return value }
    if let choice = Value(rawValue: text) { return choice }
    report(key, text, "must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
    return value
  }

  /// An integer of a range.
  func integer(_ key: String, default value: Int, in range: ClosedRange<Int>) -> Int {
    guard let text = text(key) else { return value }
    if let number = Int(text), range.contains(number) { return number }
    report(key, text, "must be an integer of \(range.lowerBound) to \(range.upperBound)")
    return value
  }

  /// `true` or `false`.
  func boolean(_ key: String, default value: Bool) -> Bool {
    guard let text = text(key) else { return value }
    if let truth = Bool(text) { return truth }
    report(key, text, "must be true or false")
    return value
  }

  /// A positive number.
  func positiveNumber(_ key: String) -> Double? {
    guard let text = text(key) else { return nil }
    if let number = Double(text), number > 0, number.isFinite { return number }
    report(key, text, "must be a number above 0")
    return nil
  }

  /// A duration: `500ms`, `10s`, `2m`, `1h`.
  func duration(_ key: String, default value: Duration, in range: ClosedRange<Duration>) -> Duration {
    guard let text = text(key) else { return value }
    if let duration = Self.duration(text), range.contains(duration) { return duration }
    report(
      key,
      text,
      "must be a duration of \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound)), such as 10s"
    )
    return value
  }

  /// A map inside; empty where there is none.
  func section(_ key: String) -> ConfigurationReader {
    ConfigurationReader(value(key) ?? .none, path: "\(path).\(key)", findings: findings)
  }

  /// The maps of a list inside.
  func sections(_ key: String) -> [ConfigurationReader] {
    guard let value = value(key) else { return [] }
    guard case .list(let elements) = value else {
      report(key, nil, "must be a list")
      return []
    }
    return elements.enumerated().map {
      ConfigurationReader($1, path: "\(path).\(key)[\($0)]", findings: findings)
    }
  }

  /// The texts of a map inside, sorted by key.
  func entries(_ key: String) -> [(key: String, value: ConfigurationValue)] {
    guard let value = value(key) else { return [] }
    guard case .map(let members) = value else {
      report(key, nil, "must be a map of keys")
      return []
    }
    return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Whether there is anything.
  var isEmpty: Bool { members.isEmpty }

  /// Reports the keys that nobody asked for.
  func finish() {
    for key in members.keys.sorted() where !known.contains(key) {
      report(key, nil, "is not known; known are \(known.sorted().joined(separator: ", "))")
    }
  }

  static func duration(_ text: String) -> Duration? {
    let units: [(String, Duration)] = [
      ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)),
    ]
    for (suffix, unit) in units where text.hasSuffix(suffix) {
      guard let number = Double(text.dropLast(suffix.count)), number >= 0, number <= 1e9 else { continue }
      return unit * number
    }
    return nil
  }

  private static func text(_ duration: Duration) -> String {
    let milliseconds = Int(duration / .milliseconds(1))
    if milliseconds % 3_600_000 == 0, milliseconds > 0 { return "\(milliseconds / 3_600_000)h" }
    return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
  }
}
