// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct DecimalDigitsTests {
  @Test(arguments: [0, 7, 10, 99, 12_345, -1, -98_765, 1_767_225_600_000, Int64.max, Int64.min, Int64.min + 1])
  func numbersAreReadAsTheyAreWritten(_ number: Int64) {
    var digits = [UInt8](repeating: 0, count: DecimalDigits.maximumLength)
    let length = digits.withUnsafeMutableBufferPointer { DecimalDigits.write(number, to: $0.baseAddress!) }
    #expect(String(decoding: digits[..<length], as: UTF8.self) == "\(number)")
    #expect(ByteView.withView(of: "\(number)") { DecimalDigits.number($0) } == number)
  }

  @Test(arguments: [
    "", "-", "+1", " 1", "1 ", "1a", "9223372036854775808", "-9223372036854775809", "99999999999999999999",
  ])
  func whatIsNoNumberIsNone(_ text: String) {
    #expect(ByteView.withView(of: text) { DecimalDigits.number($0) } == nil)
  }
}
