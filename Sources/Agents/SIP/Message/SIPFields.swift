// SPDX-License-Identifier: Apache-2.0

/// A value with parameters behind semicolons: `active;expires=600`, `presence;id=7`.
struct SIPParameters: Hashable, Sendable {
  /// What stands before the first semicolon.
  let value: String
  private let parameters: [String: String]

  /// Reads a value; semicolons in quotes and in angle brackets do not separate.
  init(_ text: String) {
    var pieces = SIPParameters.split(text, at: ";")
    value = pieces.isEmpty ? "" : pieces.removeFirst()
    var parameters: [String: String] = [:]
    for piece in pieces {
      let pair = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).trimmed }
      guard let name = pair.first?.lowercased(), !name.isEmpty, parameters[name] == nil else { continue }
      parameters[name] = pair.count == 2 ? SIPParameters.unquoted(pair[1]) : ""
    }
    self.parameters = parameters
  }

  /// A parameter; empty where it has no value, nil where it is not there.
  subscript(name: String) -> String? { parameters[name] }

  /// The pieces between separators that stand neither in quotes nor in angle brackets, trimmed.
  static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var isQuoted = false
    var isEscaped = false
    var depth = 0
    for character in text.unicodeScalars {
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isQuoted = false
        }
      } else if character == "\"" {
        isQuoted = true
      } else if character == "<" {
        depth += 1
      } else if character == ">" {
        depth = max(0, depth - 1)
      } else if character == separator, depth == 0 {
        pieces.append(piece.trimmed)
        piece = ""
        continue
      }
      piece.unicodeScalars.append(character)
    }
    pieces.append(piece.trimmed)
    return pieces
  }

  /// A quoted string without its quotes and escapes; anything else as it is.
  static func unquoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count >= 2, scalars.first == "\"", scalars.last == "\"" else { return text }
    var result = ""
    var isEscaped = false
    for character in scalars.dropFirst().dropLast() {
      if !isEscaped, character == "\\" {
        isEscaped = true
      } else {
        result.unicodeScalars.append(character)
        isEscaped = false
      }
    }
    return result
  }
}

/// A URI with or without a name before it: `"Jane" <sip:jane@corp.example>;tag=7`.
struct SIPNameAddress: Hashable, Sendable {
  /// The URI, without angle brackets.
  let uri: String
  /// The field's parameters.
  let parameters: SIPParameters

  /// Reads the first address of a field; nil where it is none.
  init?(_ text: String) {
    let parameters = SIPParameters(SIPParameters.split(text, at: ",").first ?? "")
    self.parameters = parameters
    if let open = parameters.value.lastIndex(of: "<") {
      guard parameters.value.last == ">" else { return nil }
      uri = String(parameters.value[parameters.value.index(after: open)...].dropLast()).trimmed
    } else {
      uri = parameters.value
    }
    guard !uri.isEmpty, uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"<>\"".utf8.contains($0) }) else { return nil }
  }

  /// The tag; nil where there is none.
  var tag: String? { parameters["tag"].flatMap { $0.isEmpty ? nil : $0 } }
}

/// A number and the method that it counts: `42 SUBSCRIBE`.
struct SIPSequence: Hashable, Sendable {
  /// The number, below 2³¹.
  let number: UInt32
  /// The method.
  let method: String

  /// Reads the field; nil where it is none.
  init?(_ text: String) {
    let parts = text.split { $0 == " " || $0 == "\t" }
    guard parts.count == 2, let number = UInt32(parts[0]), number < 1 << 31, parts[0].utf8.first != UInt8(ascii: "+")
    else { return nil }
    self.number = number
    method = String(parts[1])
  }
}
