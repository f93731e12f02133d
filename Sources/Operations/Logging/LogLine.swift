// SPDX-License-Identifier: Apache-2.0

import Logging

/// A log record as text: pure, so that tests read lines without a terminal.
struct LogLine {
  var moment: LogMoment
  var level: Logger.Level
  var logger: String
  var message: String
  var metadata: Logger.Metadata

  func text(_ style: LogStyle) -> String {
    switch style {
    case .human(let colours): human(colours: colours)
    case .json: json()
    }
  }

  private func human(colours: Bool) -> String {
    let name = level.rawValue.uppercased().padded(to: 8)
    let paint: (String, String) -> String = { text, code in colours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    var line = "\(paint(moment.timeOfDay, "2")) \(paint(name, level.colour)) \(message.singleLine)"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line += " " + paint("\(key)=", "2") + "\(value)".quotedWhereNeeded
    }
    return line
  }

  private func json() -> String {
    var text = "{\"time\":\"\(moment.full)\",\"level\":\"\(level.rawValue)\",\"logger\":"
    text.appendJSON(logger)
    text += ",\"message\":"
    text.appendJSON(message)
    if !metadata.isEmpty {
      text += ",\"metadata\":"
      text.appendJSON(metadata)
    }
    return text + "}"
  }
}

extension Logger.Level {
  fileprivate var colour: String {
    switch self {
    case .trace, .debug: "2"
    case .info: "32"
    case .notice: "36"
    case .warning: "33"
    case .error: "31"
    case .critical: "1;31"
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// Without controls: a line of a log is one line, and no escape sequence of an event reaches a terminal.
  fileprivate var singleLine: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.isControl {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  fileprivate var quotedWhereNeeded: String {
    let plain = singleLine
    guard plain.isEmpty || plain.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return plain }
    return "\"\(plain.replacing("\"", with: "\\\""))\""
  }

  fileprivate mutating func appendJSON(_ text: String) {
    self += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": self += "\\\""
      case "\\": self += "\\\\"
      case "\n": self += "\\n"
      case "\r": self += "\\r"
      case "\t": self += "\\t"
      case _ where scalar.isControl:
        let digits = String(scalar.value, radix: 16)
        self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: unicodeScalars.append(scalar)
      }
    }
    self += "\""
  }

  fileprivate mutating func appendJSON(_ metadata: Logger.Metadata) {
    self += "{"
    for (index, entry) in metadata.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { self += "," }
      appendJSON(entry.key)
      self += ":"
      appendJSON(entry.value)
    }
    self += "}"
  }

  fileprivate mutating func appendJSON(_ value: Logger.MetadataValue) {
    switch value {
    case .dictionary(let entries): appendJSON(entries)
    case .array(let elements):
      self += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { self += "," }
        appendJSON(element)
      }
      self += "]"
    case .string(let text): appendJSON(text)
    case .stringConvertible(let number as any BinaryInteger): self += "\(number)"
    case .stringConvertible(let flag as Bool): self += "\(flag)"
    case .stringConvertible(let other): appendJSON("\(other)")
    }
  }
}

extension Unicode.Scalar {
  /// C0, DEL and C1: what moves a cursor, ends a line or starts an escape sequence.
  fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
