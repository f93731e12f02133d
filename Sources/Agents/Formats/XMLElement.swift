// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document; names are local names, since networks disagree about their namespaces.
package struct XMLElement: Hashable, Sendable {
  /// The name without its prefix.
  var name: String
  /// The attributes by their names without prefixes; of two that differ by prefix only, the first.
  var attributes: [String: String] = [:]
  /// The elements inside.
  var children: [XMLElement] = []
  /// The characters inside, without those of the elements inside.
  var text = ""

  /// Parses a document; nil where it is not XML, or XML that is not taken (see `XMLDocumentParser`).
  package static func parse(_ bytes: [UInt8]) -> XMLElement? {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var parser = XMLDocumentParser(bytes: bytes)
    return parser.parseDocument()
  }

  /// The first child of that name.
  func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The text without white space around it.
  var trimmedText: String {
    var text = text[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  /// A text escaped for content and for attributes in quotes of either kind.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
