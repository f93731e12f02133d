// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The clocks of a lane; the tests turn them by hand.
public protocol LaneClock: Sendable {
  /// The time of day, which may jump.
  var wall: Timestamp { get }
  /// Milliseconds of a clock that never jumps.
  var monotonic: Int64 { get }
}

/// The clocks of the machine.
public struct SystemLaneClock: LaneClock {
  /// The machine's clocks.
  public init() {}

  /// The time of day.
  public var wall: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Milliseconds since the machine's start.
  public var monotonic: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
