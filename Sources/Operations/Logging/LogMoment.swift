// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A moment of UTC as log lines show it.
public struct LogMoment: Sendable, Equatable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public var milliseconds: Int64

  /// The moment that many milliseconds after the epoch.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// The system's clock.
  public static var now: LogMoment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return LogMoment(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// `2026-11-22T08:15:30.123Z`.
  var full: String {
    let parts = broken()
    let date = "\(pad(Int(parts.tm_year) + 1_900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))"
    return "\(date)T\(timeOfDay(parts))Z"
  }

  /// `08:15:30.123`: people who watch a terminal know the day.
  var timeOfDay: String { timeOfDay(broken()) }

  private func timeOfDay(_ parts: tm) -> String {
    let thousandths = Int(((milliseconds % 1_000) + 1_000) % 1_000)
    return
      "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2)).\(pad(thousandths, 3))"
  }

  private func broken() -> tm {
    var seconds = time_t(milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return parts
  }

  private func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
