// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The addresses that failed lately, each for the same time, the oldest forgotten first.
///
/// It is bounded in entries and in bytes. An entry keeps what others may be told of the failure, and not its detail,
/// which is of one moment and of any length.
struct FailureMemory<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
  /// A failure, and the moment of the call that failed.
  struct Entry: Sendable {
    let outcome: AgentOutcome
    let observedAt: Timestamp
    let until: Instant
  }

  private let lifetime: Duration
  private let capacity: Int
  private let maximumBytes: Int
  private var entries: [IMAddress: Entry] = [:]
  private var order = FIFOQueue<(address: IMAddress, until: Instant, bytes: Int)>()
  /// The bytes that entries and order take, as far as they depend on what is remembered.
  private(set) var bytes = 0

  /// What an entry takes beside its texts: its places in the table and in the order.
  static var entryBytes: Int { 256 }

  init(lifetime: Duration, capacity: Int, maximumBytes: Int) {
    self.lifetime = lifetime
    self.capacity = max(0, capacity)
    self.maximumBytes = maximumBytes
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
    let kept = outcome.withoutDetail
    let size = Self.entryBytes + 2 * address.text.utf8.count + (kept.failure?.message.utf8.count ?? 0)
    entries[address] = Entry(outcome: kept, observedAt: observedAt, until: until)
    order.append((address, until, size))
    bytes += size
    while let oldest = order.first, oldest.until <= now || order.count > capacity || bytes > maximumBytes {
      _ = order.popFirst()
      bytes -= oldest.bytes
      if entries[oldest.address]?.until == oldest.until { entries[oldest.address] = nil }
    }
  }
}

extension AgentOutcome {
  /// The outcome without what only its first hearer may know.
  fileprivate var withoutDetail: AgentOutcome {
    guard case .failed(var error) = self else { return self }
    error.detail = nil
    return .failed(error)
  }
}
