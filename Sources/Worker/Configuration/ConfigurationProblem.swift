// SPDX-License-Identifier: Apache-2.0

/// Where a configured value came from.
public enum ConfigurationOrigin: Sendable, Hashable {
  /// The built-in default.
  case fallback
  /// A line of the configuration file.
  case file(path: String, line: Int?)
  /// An environment variable.
  case environment(variable: String)
  /// An option of the command line, such as `--lanes`.
  case option(String)
}

extension ConfigurationOrigin: CustomStringConvertible {
  /// `worker.yaml:12`, `PRESENCE_ENRICHER_LANES`, `--set`, `default`.
  public var description: String {
    switch self {
    case .fallback: "default"
    case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
    case .environment(let variable): variable
    case .option(let name): name
    }
  }
}

/// One thing that is wrong with a configuration: which key, what stands there, and what would be right.
public struct ConfigurationProblem: Error, Sendable, Hashable {
  /// The key, such as `enricher.lanes`; empty where the file as a whole is meant.
  public var key: String
  /// The offending value; nil where there is none or it must not be shown.
  public var value: String?
  /// Where the value came from; nil where several values do not fit together.
  public var origin: ConfigurationOrigin?
  /// What would be right, such as `a whole number from 1 to 64`.
  public var expected: String

  /// A problem of that key.
  public init(key: String, value: String? = nil, origin: ConfigurationOrigin? = nil, expected: String) {
    self.key = key
    self.value = value
    self.origin = origin
    self.expected = expected
  }
}

extension ConfigurationProblem: CustomStringConvertible {
  /// `enricher.lanes: “0” (worker.yaml:12): expected a whole number from 1 to 64`.
  public var description: String {
    var text = ConfigurationProblem.shown(key)
    if let value {
      let value = ConfigurationProblem.shown(value)
      text += text.isEmpty ? "“\(value)”" : ": “\(value)”"
    }
    if let origin { text += text.isEmpty ? "\(origin)" : " (\(origin))" }
    return ConfigurationProblem.oneLine("\(text): \(expected)")
  }

  /// What somebody wrote, shortened.
  private static func shown(_ text: String) -> String { text.count > 120 ? text.prefix(120) + "…" : text }

  /// A text without what could break a line, or turn it around, where it is read.
  private static func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: line.unicodeScalars.append("\u{FFFD}")
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}

/// Everything that is wrong with a configuration, at once.
public struct ConfigurationError: Error, Sendable, Hashable {
  /// The problems, in the order in which the values were given; never empty.
  public var problems: [ConfigurationProblem]

  /// An error of these problems.
  public init(problems: [ConfigurationProblem]) { self.problems = problems }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line for each problem under a heading.
  public var description: String {
    let heading = "\(problems.count) problem\(problems.count == 1 ? "" : "s") in the configuration:"
    return ([heading] + problems.map { "  \($0)" }).joined(separator: "\n")
  }
}
