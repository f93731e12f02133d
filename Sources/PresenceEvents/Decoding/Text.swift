// SPDX-License-Identifier: Apache-2.0

import CBytes
import PresenceModel

/// What the contract demands of texts, on bytes that are known to be UTF-8.
enum Text {
  /// Whether there is a control character: C0, DEL or C1.
  ///
  /// Only where the quick look finds something that might be or begin a control, the bytes are looked at singly.
  static func hasControl(_ text: ByteView) -> Bool {
    cb_text_may_have_control(text.base, text.count) && hasControlByByte(text)
  }

  @inline(never)
  private static func hasControlByByte(_ text: ByteView) -> Bool {
    for index in 0..<text.count {
      let byte = text.base[index]
      if byte < 0x20 || byte == 0x7F { return true }
      // C1 is U+0080 to U+009F: C2 80 to C2 9F.
      if byte == 0xC2, index + 1 < text.count, text.base[index + 1] < 0xA0 { return true }
    }
    return false
  }

  /// The number of Unicode scalars, which is what the contract's limits and JSON Schema's `maxLength` count.
  static func scalarCount(_ text: ByteView) -> Int {
    var count = 0
    for byte in text.raw where byte & 0xC0 != 0x80 { count += 1 }
    return count
  }

  /// Whether there are more than `limit` Unicode scalars.
  @inline(__always)
  static func isLonger(_ text: ByteView, than limit: Int) -> Bool {
    text.count > limit && scalarCount(text) > limit
  }

  /// The longest beginning of whole grapheme clusters that has at most `limit` scalars.
  ///
  /// Where already the first cluster is longer than that, it is cut between scalars: a bounded text is worth more than
  /// a whole tower of combining marks.
  static func cut(_ text: ByteView, to limit: Int) -> ByteView {
    guard isLonger(text, than: limit) else { return text }
    var scalars = 0
    var bytes = 0
    for character in text.string {
      scalars += character.unicodeScalars.count
      guard scalars <= limit else { break }
      bytes += character.utf8.count
    }
    if bytes == 0 {
      scalars = 0
      while bytes < text.count {
        if text.base[bytes] & 0xC0 != 0x80 {
          guard scalars < limit else { break }
          scalars += 1
        }
        bytes += 1
      }
    }
    return text[0..<bytes]
  }

  /// Whether there is what no name of a user, id, address or URL has: a control, a separator of lines, or a character
  /// that turns the text around it (`TextRules`).
  ///
  /// Only where the quick look finds something that might be or begin one of them, the bytes are looked at singly.
  static func hasControlOrOverride(_ text: ByteView) -> Bool {
    guard cb_text_may_be_no_address(text.base, text.count) else { return false }
    return TextRules.hasControl(text) || TextRules.hasBidirectional(text)
  }

  /// Removes the characters that make a text read as another one (`TextRules`), in place.
  ///
  /// - Parameter text: A text in memory that may be written to; what is behind the result is undefined afterwards.
  static func strippingOverrides(_ text: ByteView) -> ByteView {
    guard TextRules.hasBidirectional(text) else { return text }
    var target = InPlace(start: UnsafeMutablePointer(mutating: text.base))
    TextRules.writeStrippingBidirectional(text, into: &target)
    return text[0..<target.count]
  }

  /// Writes what is read further behind in the same memory.
  private struct InPlace: ByteSink {
    let start: UnsafeMutablePointer<UInt8>
    var count = 0

    mutating func append(_ byte: UInt8) {
      start[count] = byte
      count += 1
    }

    mutating func append(_ bytes: ByteView) {
      (start + count).update(from: bytes.base, count: bytes.count)
      count += bytes.count
    }
  }

  /// Whether the text could be a mail address: something on both sides of the last `@`, no white space, no `<>`.
  ///
  /// Whether it is deliverable only a mail server can say; this is what keeps it from being two addresses or none.
  static func isMailAddress(_ text: ByteView) -> Bool {
    var at: Int?
    for index in 0..<text.count {
      switch text.base[index] {
      case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"): return false
      case UInt8(ascii: "@"): at = index
      default: break
      }
    }
    guard let at else { return false }
    return at > 0 && at < text.count - 1
  }

  /// Whether the text is an `http` or `https` URL with a host, without white space and without `<>"\`.
  static func isWebURL(_ text: ByteView) -> Bool {
    let secure = ByteView("https://")
    let plain = ByteView("http://")
    let start: Int
    if text.count > secure.count, text[0..<secure.count].equalsIgnoringASCIICase(secure) {
      start = secure.count
    } else if text.count > plain.count, text[0..<plain.count].equalsIgnoringASCIICase(plain) {
      start = plain.count
    } else {
      return false
    }
    switch text.base[start] {
    case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): return false
    default: break
    }
    for byte in text.raw {
      switch byte {
      case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
      default: break
      }
    }
    return true
  }

  /// Whether the text begins with a scheme (RFC 3986, section 3.1) and has no white space.
  static func isURI(_ text: ByteView) -> Bool {
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
    for index in 0..<colon {
      switch text[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "-"):
        guard index > 0 else { return false }
      default: return false
      }
    }
    return text.raw.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
