// SPDX-License-Identifier: Apache-2.0

/// Numbers as decimal digits, two at a time from a table.
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
  public static func write(_ number: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var rest = number.magnitude
    var start = 0
    if number < 0 {
      target[0] = UInt8(ascii: "-")
      start = 1
    }
    let length = start + count(rest)
    var end = length
    while rest >= 100 {
      let pair = rest % 100
      rest /= 100
      end -= 2
      writePair(UInt32(truncatingIfNeeded: pair), to: target + end)
    }
    if rest >= 10 {
      writePair(UInt32(truncatingIfNeeded: rest), to: target + end - 2)
    } else {
      target[end - 1] = 0x30 | UInt8(truncatingIfNeeded: rest)
    }
    return length
  }

  /// How many digits a number has.
  @inlinable
  @inline(__always)
  static func count(_ number: UInt64) -> Int {
    var digits = 1
    var rest = number
    while rest >= 10_000 {
      rest /= 10_000
      digits += 4
    }
    return digits + (rest >= 10 ? 1 : 0) + (rest >= 100 ? 1 : 0) + (rest >= 1_000 ? 1 : 0)
  }
}
