// SPDX-License-Identifier: Apache-2.0

/// What is to happen when, earliest first.
///
/// An entry whose cause is gone stays until it comes to the head. `prune` removes such entries before they outnumber the
/// others.
package struct TimerHeap<Instant: Comparable & Sendable, Event: Sendable>: Sendable {
  private var entries: [(at: Instant, event: Event)] = []

  /// The number of entries, meaningless ones among them.
  package var count: Int { entries.count }

  /// The moment of the earliest entry.
  package var first: Instant? { entries.first?.at }

  /// What is to happen first.
  package var firstEvent: Event? { entries.first?.event }

  /// Nothing is to happen.
  package init() {}

  package mutating func insert(_ event: Event, at instant: Instant) {
    entries.append((instant, event))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].at < entries[parent].at else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the earliest entry, if its time has come.
  package mutating func popDue(at now: Instant) -> Event? {
    guard let first = entries.first, first.at <= now else { return nil }
    removeFirst()
    return first.event
  }

  /// Takes the earliest entry out, whether or not its time has come.
  package mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    siftDown(from: 0)
  }

  /// Keeps the entries that still mean something.
  package mutating func prune(keeping isMeaningful: (Event) -> Bool) {
    entries.removeAll { !isMeaningful($0.event) }
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
  }

  private mutating func siftDown(from start: Int) {
    var parent = start
    while true {
      var smallest = parent
      let left = 2 * parent + 1
      let right = left + 1
      if left < entries.count, entries[left].at < entries[smallest].at { smallest = left }
      if right < entries.count, entries[right].at < entries[smallest].at { smallest = right }
      guard smallest != parent else { return }
      entries.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
