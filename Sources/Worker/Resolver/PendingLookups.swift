// SPDX-License-Identifier: Apache-2.0

import AgentKit

/// The look-ups that a resolver has read and not finished, bounded in number and bytes.
struct PendingLookups {
  private var lookups: [UInt64: PendingLookup] = [:]
  private var lastID: UInt64 = 0
  /// Which chain the agents' indexes are of.
  private var chain = 0
  private var bulkhead: Bulkhead

  init(lookups: Int, bytes: Int) { bulkhead = Bulkhead(lookups: lookups, bytes: bytes) }

  var isEmpty: Bool { lookups.isEmpty }
  var count: Int { lookups.count }
  var bytes: Int { bulkhead.held.bytes }
  /// How many more may be read.
  var free: Int { bulkhead.isFull ? 0 : bulkhead.free }
  /// When the oldest was published; nil where there is none.
  var oldestSince: Int64? { lookups.values.lazy.map(\.since).min() }

  /// Whether an agent of the present chain may take a look-up of that size.
  func admits(agent: Int, bytes: Int, isAwaited: Bool) -> Bool {
    bulkhead.admits(agent: agent, bytes: bytes + PendingLookup.overhead, isAwaited: isAwaited)
  }

  /// Takes a look-up in.
  ///
  /// - Parameter agent: the index of the agent that is asked; nil where none is.
  mutating func begin(_ lookup: PendingLookup, agent: Int?) -> UInt64 {
    lastID += 1
    var lookup = lookup
    lookup.agent = agent.map { PendingLookup.Agent(index: $0, chain: chain) }
    bulkhead.take(agent: agent, bytes: lookup.bytes)
    lookups[lastID] = lookup
    return lastID
  }

  /// The agent has done its part of a look-up. Returns the look-up; nil for one of an assignment that is gone.
  mutating func found(_ id: UInt64) -> PendingLookup? {
    guard let lookup = lookups[id] else { return nil }
    if let agent = lookup.agent {
      if agent.chain == chain { bulkhead.handBack(agent: agent.index, bytes: lookup.bytes) }
      lookups[id]?.agent = nil
    }
    return lookup
  }

  /// Notes which form of an output is on its way, and how many records it has.
  mutating func sent(_ id: UInt64, _ finding: PresenceFinding?, form: PendingLookup.Form, records: Int) {
    lookups[id]?.finding = finding
    lookups[id]?.form = form
    lookups[id]?.unacknowledged = records
  }

  /// A record of a look-up's output is acknowledged. Returns the look-up where that was the last one; it is finished.
  mutating func acknowledged(_ id: UInt64, form: PendingLookup.Form) -> PendingLookup? {
    guard let lookup = lookups[id], lookup.form == form else { return nil }
    guard lookup.unacknowledged <= 1 else {
      lookups[id]?.unacknowledged -= 1
      return nil
    }
    lookups[id] = nil
    bulkhead.release(bytes: lookup.bytes)
    return lookup
  }

  /// The look-up of an id whose output has that form; nil where it has ended or has another one by now.
  func lookup(_ id: UInt64, form: PendingLookup.Form) -> PendingLookup? {
    guard let lookup = lookups[id], lookup.form == form else { return nil }
    return lookup
  }

  /// Another chain is asked from now on.
  mutating func chainChanged() {
    chain += 1
    bulkhead.forgetAgents()
  }

  /// Has other bounds from now on.
  mutating func limit(lookups: Int, bytes: Int) { bulkhead.limit = (lookups, bytes) }

  /// The assignment is gone, and with it all of them. Ids are never given twice, so findings that are still to come
  /// find nothing.
  mutating func removeAll() {
    lookups.removeAll()
    bulkhead.removeAll()
  }
}
