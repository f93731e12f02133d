// SPDX-License-Identifier: Apache-2.0

import CBytes

/// Numbers as decimal digits: written two at a time from a table, and read.
public enum DecimalDigits {
  /// The most bytes that `write` writes.
  public static let maximumLength = 20

  /// "00" to "99".
  @usableFromInline static let pairs: StaticString = """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

  /// Writes the two digits of a number below 100.
  @inlinable
  @inline(__always)
  static func writePair(_ number: UInt32, to target: UnsafeMutablePointer<UInt8>) {
    let digits = UnsafeRawPointer(pairs.utf8Start).loadUnaligned(fromByteOffset: Int(number) * 2, as: UInt16.self)
    UnsafeMutableRawPointer(target).storeBytes(of: digits, as: UInt16.self)
  }

  /// Writes a number and returns how many bytes that took; the target has room for `maximumLength`.
  @inlinable
  @inline(__always)
  public static func write(_ number: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    if number >= 0, number < 10 {
      target[0] = 0x30 | UInt8(truncatingIfNeeded: number)
      return 1
    }
    return writeLong(number, to: target)
  }

  @usableFromInline
  static func writeLong(_ number: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var rest = number.magnitude
    var sign = 0
    if number < 0 {
      target[0] = UInt8(ascii: "-")
      sign = 1
    }
    let length = sign &+ Int(cb_decimal_digits(rest))
    var end = length
    // Four digits at a time: one division of 64 bits, and one of 32 for both pairs.
    while rest >= 10_000 {
      let four = UInt32(truncatingIfNeeded: rest % 10_000)
      rest /= 10_000
      end &-= 4
      writePair(four / 100, to: target + end)
      writePair(four % 100, to: target + (end &+ 2))
    }
    var last = UInt32(truncatingIfNeeded: rest)
    if last >= 100 {
      end &-= 2
      writePair(last % 100, to: target + end)
      last /= 100
    }
    if last >= 10 {
      writePair(last, to: target + (end &- 2))
    } else {
      target[end &- 1] = 0x30 | UInt8(truncatingIfNeeded: last)
    }
    return length
  }

  /// The number that some digits with or without a minus are; nil for anything else and for what no `Int64` holds.
  @inlinable
  public static func number(_ text: ByteView) -> Int64? {
    let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    guard text.count > start else { return nil }
    var value: Int64 = 0
    for index in start..<text.count {
      let digit = text[index] &- 0x30
      guard digit <= 9 else { return nil }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isBeyond) = product.subtractingReportingOverflow(Int64(digit))
      guard !isTooLarge, !isBeyond else { return nil }
      value = sum
    }
    return isNegative ? value : value == .min ? nil : -value
  }
}
