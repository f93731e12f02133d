// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// How an offending value is shown in a message that may end up in a log or a dead letter.
enum ValueShape {
  /// Not personal, such as a state's name: shown, shortened, without characters that could break a line or reorder it.
  case plain
  /// Personal, such as an address: its first character, and the first one behind the `@`.
  case masked
  /// Personal and free, such as a message: its length alone.
  case length

  func describe(_ value: JSONValue) -> String {
    guard let text = value.text else { return value.isNumber ? value.numberText : value.kindName }
    switch self {
    case .plain: return "\"\(ValueShape.shortened(text))\""
    case .masked: return "\"\(ValueShape.masked(text))\""
    case .length: return "a text of \(text.count) bytes"
    }
  }

  static func shortened(_ text: ByteView) -> String {
    let limit = DecodingFailure.maximumShownLength
    var shown = ""
    var count = 0
    for scalar in text.string.unicodeScalars {
      guard count < limit else { return shown + "…" }
      shown.unicodeScalars.append(isHarmless(scalar) ? scalar : "\u{FFFD}")
      count += 1
    }
    return shown
  }

  static func masked(_ text: ByteView) -> String {
    let scalars = text.string.unicodeScalars
    guard let first = scalars.first else { return "" }
    var shown = isHarmless(first) ? "\(first)***" : "***"
    if let at = scalars.lastIndex(of: "@") {
      shown += "@"
      if let host = scalars[scalars.index(after: at)...].first, isHarmless(host) { shown += "\(host)***" }
    }
    return shown
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
    default: scalar != "\""
    }
  }
}
