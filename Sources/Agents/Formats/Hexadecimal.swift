// SPDX-License-Identifier: Apache-2.0

/// Pairs of hexadecimal digits.
enum Hexadecimal {
  /// The bytes; nil where the text is not pairs of digits.
  static func decode(_ text: String) -> [UInt8]? {
    let digits = text.map(\.hexDigitValue)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}
