// SPDX-License-Identifier: Apache-2.0

/// What Kafka allows in names.
enum KafkaName {
  /// Whether a text can begin a topic's name; empty is fine.
  static func isPrefix(_ text: String) -> Bool {
    text.utf8.count <= 200 && text.utf8.allSatisfy(isNameByte)
  }

  /// Whether a text can name an instance.
  static func isInstance(_ text: String) -> Bool {
    !text.isEmpty && isPrefix(text)
  }

  /// Whether a text is `host:port`, the host possibly an IPv6 address in brackets.
  static func isBootstrapServer(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      return false
    }
    let host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      return host.count > 2 && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    return !host.isEmpty && host.utf8.allSatisfy(isNameByte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
      || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
