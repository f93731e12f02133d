// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What was found out lately, bounded in entries and in time.
///
/// It holds two generations. What is used moves to the younger one; when that has half of the capacity, the older one
/// is dropped as a whole. So nothing is ever searched for, and what is used stays.
final class RecentCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  typealias Instant = ContinuousClock.Instant

  private struct Entry {
    var value: Value
    var expiresAt: Instant
  }

  private struct Generations {
    var young: [Key: Entry] = [:]
    var old: [Key: Entry] = [:]
  }

  private let generations = Mutex(Generations())
  private let capacity: Int
  private let now: @Sendable () -> Instant

  /// An empty cache.
  ///
  /// - Parameter capacity: how many entries are held; 0 for none.
  init(capacity: Int, now: @escaping @Sendable () -> Instant = { .now }) {
    self.capacity = capacity
    self.now = now
  }

  /// How many entries are held.
  var count: Int { generations.withLock { $0.young.count + $0.old.count } }

  /// What is known of a key.
  func value(for key: Key) -> Value? {
    let now = now()
    return generations.withLock { generations in
      if let entry = generations.young[key] { return now < entry.expiresAt ? entry.value : nil }
      guard let entry = generations.old.removeValue(forKey: key), now < entry.expiresAt else { return nil }
      insert(entry, for: key, into: &generations)
      return entry.value
    }
  }

  /// Keeps what was found out, for a while.
  func insert(_ value: Value, for key: Key, validFor: Duration) {
    guard capacity > 0 else { return }
    let entry = Entry(value: value, expiresAt: now().advanced(by: validFor))
    generations.withLock { generations in
      generations.old.removeValue(forKey: key)
      insert(entry, for: key, into: &generations)
    }
  }

  private func insert(_ entry: Entry, for key: Key, into generations: inout Generations) {
    if generations.young.count >= max(1, capacity / 2), generations.young[key] == nil {
      generations.old = capacity > 1 ? generations.young : [:]
      generations.young = [:]
    }
    generations.young[key] = entry
  }
}
