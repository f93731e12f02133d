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
    var days = clamped / 86_400_000
    var rest = clamped % 86_400_000
    if rest < 0 {
      rest += 86_400_000
      days -= 1
    }
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

    @inline(__always) func two(_ index: Int, _ value: Int64) {
      target[index] = UInt8(truncatingIfNeeded: 0x30 &+ value / 10)
      target[index + 1] = UInt8(truncatingIfNeeded: 0x30 &+ value % 10)
    }
    two(0, year / 100)
    two(2, year % 100)
    target[4] = 0x2D
    two(5, month)
    target[7] = 0x2D
    two(8, day)
    target[10] = 0x54
    two(11, rest / 3_600_000)
    target[13] = 0x3A
    two(14, rest / 60_000 % 60)
    target[16] = 0x3A
    two(17, rest / 1_000 % 60)
    target[19] = 0x2E
    let thousandths = rest % 1_000
    target[20] = UInt8(truncatingIfNeeded: 0x30 &+ thousandths / 100)
    two(21, thousandths % 100)
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
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
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
