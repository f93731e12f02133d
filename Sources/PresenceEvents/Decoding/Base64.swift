// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Base64 of RFC 4648 section 4, as CloudEvents use it for `data_base64`.
enum Base64 {
  /// Decodes `text` into `bytes`, of which the old content is dropped.
  ///
  /// - Returns: false where the text has a character outside of the alphabet, a wrong length, or padding inside.
  static func decode(_ text: ByteView, into bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    guard text.count % 4 == 0 else { return false }
    bytes.reserveCapacity(text.count / 4 * 3)
    var padding = 0
    while padding < 2, padding < text.count, text[text.count - 1 - padding] == UInt8(ascii: "=") { padding += 1 }
    var word: UInt32 = 0
    var bits = 0
    for index in 0..<text.count - padding {
      guard let six = value(of: text[index]) else { return false }
      word = word << 6 | six
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    return true
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
