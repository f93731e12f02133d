// SPDX-License-Identifier: Apache-2.0

/// Reads SIP messages that anybody may have sent: bytes to values, within limits, without a guess.
///
/// Strict where it decides who is meant (start line, names, lengths, one of each field that must be there once), lenient
/// where implementations differ without harm (white space, case of names, compact and folded fields).
package enum SIPMessageParser {
  /// The longest head that is taken, and how many fields it may have.
  static let maximumHeadBytes = 32_768
  package static let maximumFields = 256

  /// Why bytes are no message.
  package enum Problem: Error, Equatable {
    case startLine
    case field
    case tooManyFields
    case encoding
    case contentLength
    case missingField(String)
    case repeatedField(String)
  }

  /// Reads one datagram: a head, an empty line, and the body as far as its `Content-Length` says.
  package static func parse(_ datagram: [UInt8]) throws(Problem) -> SIPMessage {
    guard let end = endOfHead(datagram[...]) else { throw .startLine }
    var message = try parseHead(datagram[..<end])
    let rest = datagram[end...]
    let length = try contentLength(of: message) ?? rest.count
    guard length <= rest.count else { throw .contentLength }
    message.body = Array(rest.prefix(length))
    return message
  }

  /// Where a head ends, behind its empty line; nil where it does not end yet.
  static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
    var index = bytes.startIndex
    while let newline = bytes[index...].firstIndex(of: 0x0A) {
      let next = newline + 1
      if next < bytes.endIndex, bytes[next] == 0x0A { return next + 1 }
      if next + 1 < bytes.endIndex, bytes[next] == 0x0D, bytes[next + 1] == 0x0A { return next + 2 }
      index = next
    }
    return nil
  }

  /// The length of the body that the head announces; nil where it announces none.
  static func contentLength(of message: SIPMessage) throws(Problem) -> Int? {
    let lengths = message.all("Content-Length")
    guard let first = lengths.first else { return nil }
    guard lengths.count == 1 else { throw .repeatedField("Content-Length") }
    guard (1...9).contains(first.utf8.count), first.utf8.allSatisfy({ $0 &- 0x30 <= 9 }), let length = Int(first) else {
      throw .contentLength
    }
    return length
  }

  /// Reads a head, and checks that what every message needs is there, once.
  static func parseHead(_ bytes: ArraySlice<UInt8>) throws(Problem) -> SIPMessage {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .encoding }
    var lines: [String] = []
    for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let line = line.last == 0x0D ? line.dropLast() : line
      guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw .field }
      if line.isEmpty { continue }
      if let first = line.first, first == 0x20 || first == 0x09, lines.count > 1 {
        lines[lines.count - 1] += " " + String(Substring(line)).trimmed
      } else {
        lines.append(String(Substring(line)))
      }
    }
    guard let start = lines.first, let kind = startLine(start) else { throw .startLine }
    guard lines.count <= maximumFields else { throw .tooManyFields }
    var message = SIPMessage(kind: kind, fields: [])
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw .field }
      let name = String(line[..<colon]).trimmed
      guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else { throw .field }
      message.add(SIPMessage.canonical(name[...]), String(line[line.index(after: colon)...]).trimmed)
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
      let count = message.all(name).count
      guard count > 0 else { throw .missingField(name) }
      guard count == 1 else { throw .repeatedField(name) }
    }
    guard message["Via"] != nil else { throw .missingField("Via") }
    return message
  }

  private static func startLine(_ line: String) -> SIPMessage.Kind? {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2 else { return nil }
    if parts[0] == "SIP/2.0" {
      guard parts[1].utf8.count == 3, let status = Int(parts[1]), (100...699).contains(status) else { return nil }
      return .response(status: status, reason: parts.count == 3 ? String(parts[2]) : "")
    }
    guard parts.count == 3, parts[2] == "SIP/2.0", !parts[0].isEmpty, parts[0].utf8.allSatisfy(isTokenByte),
      !parts[1].isEmpty
    else { return nil }
    return .request(method: String(parts[0]), uri: String(parts[1]))
  }

  /// Whether a byte may be in a token (RFC 3261, section 25.1).
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-.!%*_+`'~".utf8.contains(byte)
    }
  }
}

extension String {
  /// Without spaces and tabs at both ends.
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
