// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The addresses that failed lately, each for the same time, the oldest forgotten first.
struct FailureMemory<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
  /// A failure, and the moment of the call that failed.
  struct Entry: Sendable {
    let outcome: AgentOutcome
    let observedAt: Timestamp
    let until: Instant
  }

  private let lifetime: Duration
  private let capacity: Int
  private var entries: [IMAddress: Entry] = [:]
  private var order = FIFOQueue<(address: IMAddress, until: Instant)>()

  init(lifetime: Duration, capacity: Int) {
    self.lifetime = lifetime
    self.capacity = max(0, capacity)
  }

  /// The number of entries, lapsed ones among them.
  var count: Int { entries.count }

  /// The failure of an address that has not lapsed.
  func failure(of address: IMAddress, at now: Instant) -> Entry? {
    guard !entries.isEmpty, let entry = entries[address], now < entry.until else { return nil }
    return entry
  }

  mutating func remember(_ outcome: AgentOutcome, observedAt: Timestamp, of address: IMAddress, at now: Instant) {
    guard capacity > 0, lifetime > .zero else { return }
    let until = now.advanced(by: lifetime)
    entries[address] = Entry(outcome: outcome, observedAt: observedAt, until: until)
    order.append((address, until))
    while let oldest = order.first, oldest.until <= now || order.count > capacity {
      _ = order.popFirst()
      if entries[oldest.address]?.until == oldest.until { entries[oldest.address] = nil }
    }
  }
}
