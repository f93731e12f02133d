// SPDX-License-Identifier: Apache-2.0

/// Colours for a terminal, or none.
struct Ink: Sendable {
  /// What is painted; the names say the meaning, not the colour.
  enum Tone: String, Sendable {
    case good = "32"
    case bad = "31"
    case wait = "33"
    case faint = "2"
    case strong = "1"
    case link = "36"
  }

  /// Whether escape sequences are written at all.
  var isColoured: Bool

  /// A text in a tone.
  func callAsFunction(_ text: String, _ tone: Tone) -> String {
    isColoured ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }
}
