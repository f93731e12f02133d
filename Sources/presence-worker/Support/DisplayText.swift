// SPDX-License-Identifier: Apache-2.0

/// Texts of events made fit for a terminal: what somebody wrote as a status must not move the cursor.
enum DisplayText {
  /// A text without controls and bidirectional overrides, at most `width` columns wide, and cut with `…`.
  static func cell(_ text: String, width: Int) -> String {
    let clean = safe(text)
    guard self.width(of: clean) > width else { return clean }
    guard width > 1 else { return width == 1 ? "…" : "" }
    var result = ""
    var used = 0
    for character in clean {
      let columns = self.width(of: character)
      if used + columns > width - 1 { break }
      result.append(character)
      used += columns
    }
    return result + "…"
  }

  /// A text padded with spaces to `width` columns, or cut.
  static func padded(_ text: String, to width: Int) -> String {
    let cut = cell(text, width: width)
    return cut + String(repeating: " ", count: max(0, width - self.width(of: cut)))
  }

  /// A text in which controls are spaces and bidirectional overrides are gone.
  static func safe(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: result.append(" ")
      case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F: continue
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// How many columns of a terminal a text takes.
  static func width(of text: String) -> Int {
    text.reduce(0) { $0 + width(of: $1) }
  }

  private static func width(of character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.value {
    case 0..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      return 2
    default:
      if first.properties.isEmojiPresentation { return 2 }
      switch first.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format: return 0
      default: return character.unicodeScalars.contains { $0.value == 0xFE0F } ? 2 : 1
      }
    }
  }
}
