// SPDX-License-Identifier: Apache-2.0

/// A moment of UTC in milliseconds since 1970-01-01T00:00:00Z, and its RFC 3339 text.
///
/// `Foundation.Date` and its formatters cost microseconds and allocations per event; this reads and writes the one
/// profile of RFC 3339 that events use in some twenty nanoseconds. Leap seconds (`:60`) are read as the first moment
/// of the next minute, as POSIX time has no place for them.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since the epoch.
  public var milliseconds: Int64

  /// The moment that many milliseconds after the epoch.
  @inlinable
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Whether the left moment is before the right one.
  @inlinable
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// A moment before any other that events may carry.
  public static let distantPast = Timestamp(milliseconds: Int64.min / 4)

  /// The first moment that an event may carry: 2000-01-01T00:00:00Z.
  public static let earliestAccepted = Timestamp(milliseconds: 946_684_800_000)

  /// The last moment that an event may carry: 2199-12-31T23:59:59.999Z.
  public static let latestAccepted = Timestamp(milliseconds: 7_258_118_399_999)

  /// This moment plus that many milliseconds.
  @inlinable
  public func adding(milliseconds more: Int64) -> Timestamp {
    let (sum, overflow) = milliseconds.addingReportingOverflow(more)
    return Timestamp(milliseconds: overflow ? (more > 0 ? Int64.max : Int64.min) : sum)
  }

  /// The number of bytes that `write(to:)` writes.
  public static let textLength = 24

  /// Parses an RFC 3339 date-time: `2026-11-22T08:15:30.123Z`, any offset, fraction digits up to 40 bytes in all.
  ///
  /// - Returns: nil where the text is not such a date-time or the date does not exist. Digits beyond milliseconds are
  ///   cut off.
  @inlinable
  public init?(rfc3339 text: ByteView) {
    if text.count == Timestamp.textLength, let common = Timestamp(commonForm: text) {
      self = common
      return
    }
    self.init(anyForm: text)
  }

  /// Reads the form that `write(to:)` writes, three words at a time; nil for anything else.
  @inlinable
  init?(commonForm text: ByteView) {
    // What is left of a byte is its digit, or zero where a separator is.
    let first = UInt64(littleEndian: text.word(at: 0)) ^ 0x2D30_302D_3030_3030  // 0000-00-
    let second = UInt64(littleEndian: text.word(at: 8)) ^ 0x3030_3A30_3054_3030  // 00T00:00
    let third = UInt64(littleEndian: text.word(at: 16)) ^ 0x5A30_3030_2E30_303A  // :00.000Z
    let separators =
      first & 0xFF00_00FF_0000_0000 | second & 0x0000_FF00_00FF_0000 | third & 0xFF00_0000_FF00_00FF
    let nines: UInt64 = 0x7676_7676_7676_7676  // what lifts anything above nine to 0x80
    let beyond = (first | (first &+ nines) | second | (second &+ nines) | third | (third &+ nines))
    guard separators == 0, beyond & 0x8080_8080_8080_8080 == 0 else { return nil }

    @inline(__always) func digit(_ word: UInt64, _ index: UInt64) -> Int { Int(word >> (index &* 8) & 0xF) }
    @inline(__always) func two(_ word: UInt64, _ index: UInt64) -> Int {
      digit(word, index) &* 10 &+ digit(word, index &+ 1)
    }
    let year = two(first, 0) &* 100 &+ two(first, 2)
    let month = two(first, 5)
    let day = two(second, 0)
    let hour = two(second, 3)
    let minute = two(second, 6)
    let secondOfMinute = two(third, 1)
    let thousandths = digit(third, 4) &* 100 &+ two(third, 5)
    guard month >= 1, month <= 12, day >= 1, day <= 28 || day <= Timestamp.daysInMonth(month, year: year),
      hour <= 23, minute <= 59, secondOfMinute <= 60
    else { return nil }
    let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
    let seconds = days &* 86_400 &+ hour &* 3_600 &+ minute &* 60 &+ secondOfMinute
    self.init(milliseconds: Int64(seconds &* 1_000 &+ thousandths))
  }

  @inlinable
  init?(anyForm text: ByteView) {
    guard text.count >= 20, text.count <= 40 else { return nil }
    let bytes = text.base
    @inline(__always) func digits(_ index: Int, _ length: Int) -> Int? {
      var value = 0
      for position in index..<index + length {
        let digit = bytes[position] &- 0x30
        guard digit <= 9 else { return nil }
        value = value &* 10 &+ Int(digit)
      }
      return value
    }
    guard let year = digits(0, 4), bytes[4] == 0x2D, let month = digits(5, 2), bytes[7] == 0x2D,
      let day = digits(8, 2), bytes[10] == 0x54 || bytes[10] == 0x74 || bytes[10] == 0x20,
      let hour = digits(11, 2), bytes[13] == 0x3A, let minute = digits(14, 2), bytes[16] == 0x3A,
      let second = digits(17, 2)
    else { return nil }
    guard month >= 1, month <= 12, day >= 1, day <= Timestamp.daysInMonth(month, year: year),
      hour <= 23, minute <= 59, second <= 60
    else { return nil }

    var index = 19
    var fraction = 0
    if bytes[index] == 0x2E {
      index += 1
      var scale = 100
      let start = index
      while index < text.count, bytes[index] &- 0x30 <= 9 {
        fraction += Int(bytes[index] &- 0x30) * scale
        scale /= 10
        index += 1
      }
      guard index > start, index < text.count else { return nil }
    }

    var offsetMinutes = 0
    switch bytes[index] {
    case 0x5A, 0x7A:
      guard index + 1 == text.count else { return nil }
    case 0x2B, 0x2D:
      guard index + 6 == text.count, let offsetHours = digits(index + 1, 2), bytes[index + 3] == 0x3A,
        let minutes = digits(index + 4, 2), offsetHours <= 23, minutes <= 59
      else { return nil }
      offsetMinutes = (offsetHours * 60 + minutes) * (bytes[index] == 0x2D ? -1 : 1)
    default:
      return nil
    }

    let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3_600 + (minute - offsetMinutes) * 60 + second
    self.init(milliseconds: Int64(seconds) * 1_000 + Int64(fraction))
  }

  /// Writes this moment as `yyyy-MM-ddTHH:mm:ss.SSSZ`, always `textLength` bytes; years are held to 0001 to 9999.
  @inlinable
  public func write(to target: UnsafeMutablePointer<UInt8>) {
    let clamped = max(-62_135_596_800_000, min(253_402_300_799_999, milliseconds))
    // From here on everything counts from 0000-03-01 and is positive, so that a division by a constant is one unsigned
    // multiplication.
    let total = UInt64(bitPattern: clamped &+ 719_468 * 86_400_000)
    let days = UInt32(truncatingIfNeeded: total / 86_400_000)
    var rest = UInt32(truncatingIfNeeded: total % 86_400_000)

    // Cassio Neri and Lorenz Schneider, "Euclidean affine functions and their application to calendar algorithms".
    let centuryQuarters = 4 &* days &+ 3
    let century = centuryQuarters / 146_097
    let dayOfCentury = 4 &* (centuryQuarters % 146_097 / 4) &+ 3
    let yearAndDay = 2_939_745 &* UInt64(dayOfCentury)
    let yearOfCentury = UInt32(truncatingIfNeeded: yearAndDay >> 32)
    let dayOfYear = UInt32(truncatingIfNeeded: yearAndDay) / 2_939_745 / 4
    let monthAndDay = 2_141 &* dayOfYear &+ 197_913
    let isNextYear = dayOfYear >= 306
    let year = 100 &* century &+ yearOfCentury &+ (isNextYear ? 1 : 0)
    let month = (monthAndDay >> 16) &- (isNextYear ? 12 : 0)
    let day = (monthAndDay & 0xFFFF) / 2_141 &+ 1

    DecimalDigits.writePair(year / 100, to: target)
    DecimalDigits.writePair(year % 100, to: target + 2)
    target[4] = 0x2D
    DecimalDigits.writePair(month, to: target + 5)
    target[7] = 0x2D
    DecimalDigits.writePair(day, to: target + 8)
    target[10] = 0x54
    DecimalDigits.writePair(rest / 3_600_000, to: target + 11)
    rest %= 3_600_000
    target[13] = 0x3A
    DecimalDigits.writePair(rest / 60_000, to: target + 14)
    rest %= 60_000
    target[16] = 0x3A
    DecimalDigits.writePair(rest / 1_000, to: target + 17)
    rest %= 1_000
    target[19] = 0x2E
    target[20] = 0x30 | UInt8(truncatingIfNeeded: rest / 100)
    DecimalDigits.writePair(rest % 100, to: target + 21)
    target[23] = 0x5A
  }

  @inlinable
  static func daysInMonth(_ month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  @inlinable
  static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil, for years from 0 on.
    let shiftedYear = UInt32(truncatingIfNeeded: year &+ 400 &- (month <= 2 ? 1 : 0))
    let shiftedMonth = UInt32(truncatingIfNeeded: month > 2 ? month &- 3 : month &+ 9)
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 &* shiftedMonth &+ 2) / 5 &+ UInt32(truncatingIfNeeded: day) &- 1
    let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return Int(era &* 146_097 &+ dayOfEra) - 719_468 - 146_097
  }
}

extension Timestamp: CustomStringConvertible {
  /// The RFC 3339 text.
  public var description: String {
    String(unsafeUninitializedCapacity: Timestamp.textLength) { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      write(to: base)
      return Timestamp.textLength
    }
  }
}
