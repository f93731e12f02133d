// SPDX-License-Identifier: Apache-2.0

/// Reads single Unicode scalars from bytes that nobody has validated.
enum UTF8Scalar {
  /// The scalar that begins at `index` and its length in bytes; nil where there is none in well-formed UTF-8.
  static func read(_ text: ByteView, at index: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    let lead = text[index]
    guard lead >= 0x80 else { return (Unicode.Scalar(lead), 1) }
    let length: Int
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return nil
    }
    guard index + length <= text.count else { return nil }
    var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
    for position in index + 1..<index + length {
      let byte = text[position]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let isOverlong = length == 3 && value < 0x800 || length == 4 && value < 0x1_0000
    guard !isOverlong, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}
