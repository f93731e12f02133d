// SPDX-License-Identifier: Apache-2.0

/// A moment on the clock of a chain.
struct ChainInstant: InstantProtocol {
  /// The time since the chain was made.
  let offset: Duration

  func advanced(by duration: Duration) -> ChainInstant { ChainInstant(offset: offset + duration) }

  func duration(to other: ChainInstant) -> Duration { other.offset - offset }

  static func < (left: ChainInstant, right: ChainInstant) -> Bool { left.offset < right.offset }
}

/// Any clock, with moments of one type.
///
/// Chains are generic over their clock for the tests' sake. What decides and runs calls is not: generic code that other
/// modules call is not specialised for them, and asks the runtime for metadata at every turn.
struct ChainClock: Sendable {
  private let read: @Sendable () -> ChainInstant
  private let wait: @Sendable (ChainInstant) async throws -> Void

  init<C: Clock>(_ clock: C) where C.Duration == Duration {
    let start = clock.now
    read = { ChainInstant(offset: start.duration(to: clock.now)) }
    wait = { try await clock.sleep(until: start.advanced(by: $0.offset), tolerance: nil) }
  }

  /// The moment.
  var now: ChainInstant { read() }

  /// Comes back at that moment; throws when the task is cancelled.
  func sleep(until instant: ChainInstant) async throws { try await wait(instant) }
}
