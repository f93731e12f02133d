// SPDX-License-Identifier: Apache-2.0

/// A place in a JSON document (RFC 6901): `/0/status`, with `~1` for `/` and `~0` for `~`.
package struct JSONPointer: Hashable, Sendable {
  let text: String
  private let tokens: [String]

  /// A pointer; nil where the text is none.
  package init?(_ text: String) {
    guard text.isEmpty || text.hasPrefix("/") else { return nil }
    var tokens: [String] = []
    for token in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      var decoded = ""
      var characters = token.makeIterator()
      while let character = characters.next() {
        guard character == "~" else {
          decoded.append(character)
          continue
        }
        switch characters.next() {
        case "0": decoded.append("~")
        case "1": decoded.append("/")
        default: return nil
        }
      }
      tokens.append(decoded)
    }
    self.text = text
    self.tokens = tokens
  }

  /// What a pointer comes to.
  package enum Target: Equatable {
    /// The value is there.
    case found(JSONValue)
    /// The object in which it would be is there, and has no such member.
    case absent
    /// The document has another form.
    case noParent
  }

  /// Follows the pointer.
  package func target(in document: JSONValue) -> Target {
    var value = document
    for (position, token) in tokens.enumerated() {
      switch value {
      case .object(let members):
        guard let member = members[token] else { return position == tokens.count - 1 ? .absent : .noParent }
        value = member
      case .array(let elements):
        guard let index = Self.index(token), index < elements.count else { return .noParent }
        value = elements[index]
      default:
        return .noParent
      }
    }
    return .found(value)
  }

  private static func index(_ token: String) -> Int? {
    guard !token.isEmpty, token.utf8.allSatisfy({ $0 &- 0x30 <= 9 }), token == "0" || !token.hasPrefix("0") else {
      return nil
    }
    return Int(token)
  }
}
