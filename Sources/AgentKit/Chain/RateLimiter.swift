// SPDX-License-Identifier: Apache-2.0

/// A token bucket: so many calls a second on average, with bursts of up to a second's worth.
struct RateLimiter<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
  private let interval: Duration
  private let burst: Duration
  /// The moment at which the bucket would be full if nothing were taken any more (virtual scheduling, GCRA).
  private var fullAt: Instant?

  /// A limiter; nil where there is no limit.
  init?(callsPerSecond: Double?) {
    guard let callsPerSecond, callsPerSecond > 0, callsPerSecond.isFinite else { return nil }
    interval = .seconds(1) / callsPerSecond
    burst = max(.seconds(1), interval)
  }

  /// Takes one call out.
  ///
  /// - Returns: nil where the call may start; else the moment at which to ask again.
  mutating func take(at now: Instant) -> Instant? {
    let start = max(fullAt ?? now, now)
    let next = start.advanced(by: interval)
    let allowed = next.advanced(by: .zero - burst)
    guard allowed <= now else { return allowed }
    fullAt = next
    return nil
  }
}
