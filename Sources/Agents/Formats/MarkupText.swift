// SPDX-License-Identifier: Apache-2.0

/// The text of HTML as people type it into a status message.
package enum MarkupText {
  /// The text without tags and comments, and with the references resolved that editors write. What looks like a tag and
  /// does not end is dropped with the rest.
  package static func plain(_ markup: String) -> String {
    var text = ""
    var rest = markup[...]
    while let character = rest.first {
      switch character {
      case "<":
        guard let end = rest.firstIndex(of: ">") else { return text }
        let tag = rest[rest.index(after: rest.startIndex)..<end].lowercased()
        if ["br", "br/", "br /", "/p", "/div", "/li"].contains(tag) { text += " " }
        rest = rest[rest.index(after: end)...]
      case "&":
        guard let end = rest.prefix(12).firstIndex(of: ";"),
          let scalar = reference(rest[rest.index(after: rest.startIndex)..<end])
        else {
          text += "&"
          rest = rest.dropFirst()
          continue
        }
        text.unicodeScalars.append(scalar)
        rest = rest[rest.index(after: end)...]
      default:
        text.append(character)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  private static func reference(_ name: Substring) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    case "nbsp": return " "
    default:
      guard name.hasPrefix("#") else { return nil }
      let isHex = name.hasPrefix("#x") || name.hasPrefix("#X")
      return UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10).flatMap(Unicode.Scalar.init)
    }
  }
}
