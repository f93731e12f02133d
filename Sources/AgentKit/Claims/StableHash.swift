// SPDX-License-Identifier: Apache-2.0

/// FNV-1a in 64 bits over fields with their lengths: the same on every machine, unlike `Hasher`.
struct StableHash {
  private var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Takes in a field; nil differs from every text.
  mutating func combine(_ field: String?) {
    guard let field else { return step("-") }
    step("\(field.utf8.count):")
    step(field)
  }

  mutating func combine(_ number: Int) { combine(String(number)) }

  private mutating func step(_ text: String) {
    for byte in text.utf8 {
      value ^= UInt64(byte)
      value = value &* 0x0000_0100_0000_01B3
    }
  }

  /// 16 hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
