// SPDX-License-Identifier: Apache-2.0

/// A piece of the configuration file: a value of its own, with the line that it stands on.
///
/// The parts that other modules understand (agents, enterprise connections) travel in this form, so that nobody but
/// the loader needs to know the YAML library.
public struct ConfigurationNode: Sendable, Hashable {
  /// What a node holds.
  public enum Content: Sendable, Hashable {
    /// Nothing: `key:` or `key: null`.
    case null
    /// A text, a number, `true`: as it was written.
    case scalar(String)
    /// A list.
    case sequence([ConfigurationNode])
    /// Keys and their values in the order in which they were written.
    case mapping([Entry])
  }

  /// A key and its value.
  public struct Entry: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: ConfigurationNode

    /// A key and its value.
    public init(key: String, value: ConfigurationNode) {
      self.key = key
      self.value = value
    }
  }

  /// What the node holds.
  public var content: Content
  /// The line of the file on which it starts, from 1; nil for what comes from elsewhere.
  public var line: Int?

  /// Whether both hold the same, wherever it stands.
  public static func == (left: ConfigurationNode, right: ConfigurationNode) -> Bool { left.content == right.content }

  /// Takes in what equality compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(content) }

  /// A node with that content.
  public init(_ content: Content, line: Int? = nil) {
    self.content = content
    self.line = line
  }

  /// Nothing.
  public static let empty = ConfigurationNode(.null)

  /// Whether there is nothing in it: null, no elements, no keys.
  public var isEmpty: Bool {
    switch content {
    case .null: true
    case .scalar: false
    case .sequence(let elements): elements.isEmpty
    case .mapping(let entries): entries.isEmpty
    }
  }

  /// The text of a scalar.
  public var text: String? {
    guard case .scalar(let text) = content else { return nil }
    return text
  }

  /// The elements of a list; a scalar is split at its commas, as environment and command line have no lists.
  var elements: [ConfigurationNode]? {
    switch content {
    case .sequence(let elements): elements
    case .scalar(let text):
      text.split(separator: ",").map { ConfigurationNode(.scalar(String($0.trimmed)), line: line) }
    case .null, .mapping: nil
    }
  }

  /// The line of what a path leads to, such as `[2].limits.timeout`; where it ends early, of the last that is there.
  func line(of path: Substring) -> Int? {
    if path.first == "[", let close = path.firstIndex(of: "]"), case .sequence(let elements) = content,
      let index = Int(path[path.index(after: path.startIndex)..<close]), elements.indices.contains(index)
    {
      return elements[index].line(of: path[path.index(after: close)...]) ?? line
    }
    if path.first == ".", case .mapping(let entries) = content {
      let rest = path.dropFirst()
      // Keys may have dots themselves: the longest that fits.
      let fits = entries.filter { entry in
        rest.hasPrefix(entry.key) && [nil, ".", "["].contains(rest.dropFirst(entry.key.count).first)
      }
      if let entry = fits.max(by: { $0.key.count < $1.key.count }) {
        return entry.value.line(of: rest.dropFirst(entry.key.count)) ?? line
      }
    }
    return line
  }

  /// What stands there, shortened for a message: `[online, busy]`, `{…}`.
  var shown: String {
    switch content {
    case .null: return "null"
    case .scalar(let text): return text.count > 80 ? "\(text.prefix(80))…" : text
    case .sequence(let elements): return "[\(elements.prefix(8).map(\.shown).joined(separator: ", "))]"
    case .mapping(let entries): return "{\(entries.prefix(8).map(\.key).joined(separator: ", "))}"
    }
  }
}
