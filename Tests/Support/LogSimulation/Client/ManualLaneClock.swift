// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
import Synchronization
public import Worker

/// A lane's clocks that stand still until somebody turns them, together or each by itself.
public final class ManualLaneClock: LaneClock {
  private struct Times {
    var wall: Timestamp
    var monotonic: Int64
  }

  private let times: Mutex<Times>

  /// Clocks that show these times.
  public init(wall: Timestamp = SimulatedLog.epoch, monotonic: Int64 = 0) {
    times = Mutex(Times(wall: wall, monotonic: monotonic))
  }

  /// The time of day.
  public var wall: Timestamp { times.withLock { $0.wall } }
  /// Milliseconds of the clock that never jumps.
  public var monotonic: Int64 { times.withLock { $0.monotonic } }

  /// Lets time pass.
  public func advance(milliseconds: Int64) {
    times.withLock {
      $0.wall = $0.wall.adding(milliseconds: milliseconds)
      $0.monotonic += milliseconds
    }
  }

  /// Sets the time of day forward or, with a negative number, back.
  public func moveWall(milliseconds: Int64) {
    times.withLock { $0.wall = $0.wall.adding(milliseconds: milliseconds) }
  }

  /// Lets only the monotonic clock go on.
  public func moveMonotonic(milliseconds: Int64) {
    precondition(milliseconds >= 0, "a monotonic clock never goes back")
    times.withLock { $0.monotonic += milliseconds }
  }
}
