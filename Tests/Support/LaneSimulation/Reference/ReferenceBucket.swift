// SPDX-License-Identifier: Apache-2.0

/// What is left to a requester in one process and partition: a token bucket in exact fractions of a minute.
struct ReferenceBucket {
  /// Requests in sixty-thousandths, so that a millisecond refills a whole number.
  private var left: Int64
  private var filledAt: Int64

  init(_ rules: ReferenceRules, now: Int64) {
    left = Int64(rules.requestsAtOnce) * 60_000
    filledAt = now
  }

  /// Takes a request out, where there is one.
  mutating func take(_ rules: ReferenceRules, now: Int64) -> Bool {
    let refill = max(0, now - filledAt) * Int64(rules.requestsPerMinute)
    left = min(Int64(rules.requestsAtOnce) * 60_000, left + refill)
    filledAt = now
    guard left >= 60_000 else { return false }
    left -= 60_000
    return true
  }
}
