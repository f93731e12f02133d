// SPDX-License-Identifier: Apache-2.0

/// A metric: its name, type and labels, and what it says to people.
///
/// A program declares its families once, in a list: the documentation is generated from it, and a page takes samples of
/// a declared family alone.
public struct MetricFamily: Sendable, Hashable {
  /// How values of a metric are to be read.
  public enum Kind: String, Sendable {
    /// Only grows, and starts anew with the process.
    case counter
    /// Goes up and down.
    case gauge
    /// How many observations fell below each of several bounds.
    case histogram
  }

  /// What a metric's values count.
  public enum Unit: String, Sendable {
    /// Things.
    case none = ""
    /// Seconds.
    case seconds
    /// Bytes.
    case bytes
  }

  /// The name by Prometheus' rules: counters end in `_total`, and units stand at the end.
  public let name: String
  /// The type.
  public let kind: Kind
  /// The names of its labels, in the order in which samples give their values.
  public let labels: [String]
  /// The unit.
  public let unit: Unit
  /// What it says, as a sentence.
  public let meaning: String
  /// What is worth an alert; empty where nothing is.
  public let alert: String

  /// Declares a metric.
  ///
  /// - Precondition: names are what Prometheus takes, and end as its rules want.
  public init(
    _ name: String,
    _ kind: Kind,
    labels: [String] = [],
    unit: Unit = .none,
    _ meaning: String,
    alert: String = ""
  ) {
    precondition(MetricName.isName(name) && labels.allSatisfy(MetricName.isLabel), "\(name) is no metric's name")
    precondition((kind == .counter) == name.hasSuffix("_total"), "\(name) does not say by its name what it is")
    let base = kind == .counter ? String(name.dropLast("_total".count)) : name
    precondition(unit == .none || base.hasSuffix("_\(unit.rawValue)"), "\(name) does not end in its unit")
    self.name = name
    self.kind = kind
    self.labels = labels
    self.unit = unit
    self.meaning = meaning
    self.alert = alert
  }

  /// The name without the suffix that counters have: what OpenMetrics calls the family.
  var familyName: String { kind == .counter ? String(name.dropLast("_total".count)) : name }
}

/// What Prometheus takes as names.
enum MetricName {
  static func isName(_ text: String) -> Bool { fits(text, colons: true) }

  static func isLabel(_ text: String) -> Bool { fits(text, colons: false) && !text.hasPrefix("__") }

  /// The nearest name: what is not allowed becomes an underscore.
  static func sanitized(_ text: String) -> String {
    var name = String(text.unicodeScalars.map { isAllowed($0, colons: false) ? Character($0) : "_" })
    if name.first.map({ $0.isNumber }) ?? true { name = "_" + name }
    return name
  }

  private static func fits(_ text: String, colons: Bool) -> Bool {
    guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
    return text.unicodeScalars.allSatisfy { isAllowed($0, colons: colons) }
  }

  private static func isAllowed(_ scalar: Unicode.Scalar, colons: Bool) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    case ":": colons
    default: false
    }
  }
}
