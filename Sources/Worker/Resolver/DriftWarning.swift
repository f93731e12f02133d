// SPDX-License-Identifier: Apache-2.0

/// When to warn of look-ups that come from enrichers with another list of agents.
///
/// Not for the moments of a change, in which every process reads its configuration at a time of its own, and not more
/// often than once a minute.
struct DriftWarning {
  private static let grace: Int64 = 5_000
  private static let interval: Int64 = 60_000

  /// The count as of the last warning, or as of the end of what was not worth one.
  private var settled = 0
  private var lastCount = 0
  private var firstAt: Int64 = 0
  private var lastAt: Int64 = 0
  private var notBefore = Int64.min

  /// How many look-ups to warn of now; nil for no warning.
  ///
  /// - Parameters:
  ///   - count: how many there were since the start.
  ///   - now: monotonic milliseconds.
  mutating func due(_ count: Int, now: Int64) -> Int? {
    guard count > lastCount else {
      if now - lastAt >= Self.interval { settled = count }
      return nil
    }
    if lastCount == settled { firstAt = now }
    lastCount = count
    lastAt = now
    guard now - firstAt >= Self.grace, now >= notBefore else { return nil }
    let new = count - settled
    settled = count
    notBefore = now + Self.interval
    return new
  }
}
