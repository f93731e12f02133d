// SPDX-License-Identifier: Apache-2.0

import Yams

/// Turns the text of a configuration file into nodes.
enum ConfigurationFile {
  /// Why a text could not be read, and where.
  struct Fault: Error {
    var message: String
    var line: Int?
  }

  /// The most values of a file, each alias counted as what it stands for: a few lines of aliases of aliases would fill any
  /// memory.
  static let maximumValues = 100_000

  /// The root of a YAML document; an empty document is an empty node.
  static func parse(_ text: String) throws(Fault) -> ConfigurationNode {
    if let count = AliasedKeys.tooMany(in: text) {
      throw Fault(message: "\(count) aliases are too many beside a “?”, a “{” or a key that is no name: write some out")
    }
    do {
      guard let root = try Yams.compose(yaml: text) else { return .empty }
      var count = 0
      return try convert(root, depth: 0, count: &count)
    } catch let error as YamlError {
      throw fault(of: error)
    } catch let fault as Fault {
      throw fault
    } catch {
      throw Fault(message: "\(error)")
    }
  }

  private static func convert(_ node: Node, depth: Int, count: inout Int) throws(Fault) -> ConfigurationNode {
    let line = node.mark?.line
    count += 1
    guard count <= maximumValues else {
      throw Fault(message: "more than \(maximumValues) values, aliases written out", line: line)
    }
    guard depth < 64 else { throw Fault(message: "nested more than 64 levels deep", line: line) }
    switch node {
    case .scalar(let scalar):
      let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      return ConfigurationNode(isNull ? .null : .scalar(scalar.string), line: line)
    case .sequence(let sequence):
      var elements: [ConfigurationNode] = []
      for element in sequence { elements.append(try convert(element, depth: depth + 1, count: &count)) }
      return ConfigurationNode(.sequence(elements), line: line)
    case .mapping(let mapping):
      var entries: [ConfigurationNode.Entry] = []
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw Fault(message: "a key must be a name, not a list or a mapping", line: key.mark?.line)
        }
        let converted = try convert(value, depth: depth + 1, count: &count)
        entries.append(ConfigurationNode.Entry(key: name.string, value: converted.placed(at: key.mark?.line)))
      }
      return ConfigurationNode(.mapping(entries), line: line)
    case .alias:
      throw Fault(message: "an alias without its anchor", line: line)
    }
  }

  private static func fault(of error: YamlError) -> Fault {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return Fault(message: context.map { "\($0.text) \(problem)" } ?? problem, line: mark.line)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().map { "“\($0)”" }.joined(separator: ", ")
      return Fault(message: "\(names) written twice in one place", line: context.mark.line)
    case .reader(let problem, _, _, _):
      return Fault(message: problem)
    default:
      return Fault(message: "not a YAML document")
    }
  }
}

extension ConfigurationNode {
  /// The same node, said to stand on `line`: that of its key, which is where people look for it.
  fileprivate func placed(at line: Int?) -> ConfigurationNode {
    ConfigurationNode(content, line: line ?? self.line)
  }
}
