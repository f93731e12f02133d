// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
import Synchronization

/// A clock that moves when it is told to, and only then: tests of time without waiting for it.
public final class ManualClock: Clock, Sendable {
  /// A moment since the clock was made.
  public struct Instant: InstantProtocol {
    /// The time since the clock was made.
    public let offset: Duration

    /// That long after the clock was made.
    public init(offset: Duration) { self.offset = offset }

    /// The moment that much later.
    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }

    /// The time from this moment to another.
    public func duration(to other: Instant) -> Duration { other.offset - offset }

    /// Whether a moment is before another.
    public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct Sleeper {
    let until: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Instant(offset: .zero)
    var lastID = 0
    var sleepers: [Int: Sleeper] = [:]
    var cancelled: Set<Int> = []
  }

  private let state = Mutex(State())
  private let start: Timestamp

  /// A clock that stands still.
  ///
  /// - Parameter start: what `wallTime` tells before the clock has moved.
  public init(start: Timestamp = Timestamp(milliseconds: 1_800_000_000_000)) { self.start = start }

  /// The moment.
  public var now: Instant { state.withLock { $0.now } }

  /// The moment as a time of day.
  public var wallTime: Timestamp {
    start.adding(milliseconds: Int64(state.withLock { $0.now.offset } / .milliseconds(1)))
  }

  /// The smallest step, for `Clock`.
  public var minimumResolution: Duration { .nanoseconds(1) }

  /// Moves the clock, and wakes whoever's time has come.
  public func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.until <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.until < $1.until }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Comes back when the clock has been moved to that moment, or throws when the task is cancelled.
  public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let outcome: Result<Void, any Error>? = state.withLock { state in
          if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
          if deadline <= state.now { return .success(()) }
          state.sleepers[id] = Sleeper(until: deadline, continuation: continuation)
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }
}
