// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// When a thread last came round: it says so at each turn, and whoever watches sees how long ago that is even while the
/// thread hangs in a call.
public final class Heartbeat: Sendable {
  private let moment = Atomic<Int64>(.min)

  /// A heart that has not beaten.
  public init() {}

  /// When it last beat (monotonic milliseconds); nil before the first time, and after it was stopped.
  public var last: Int64? {
    let moment = moment.load(ordering: .relaxed)
    return moment == .min ? nil : moment
  }

  func beat(at now: Int64) { moment.store(now, ordering: .relaxed) }

  /// The thread has come to its end: nobody waits for it any more.
  func stop() { moment.store(.min, ordering: .relaxed) }
}
