// SPDX-License-Identifier: Apache-2.0

/// Keeps look-ups that wait for one agent from taking the room of all others.
///
/// An agent may hold as much as is free at that moment, and look-ups that a contact request waits for twice that much.
/// So with one agent that hangs half of the room stays free, with two a third, with `n` of them one part in `n + 1`:
/// an agent that answers always finds room, without a share being set aside for each. The same rule holds for bytes.
struct Bulkhead {
  /// How many look-ups, and how many of their bytes, there is room for.
  var limit: (lookups: Int, bytes: Int)

  private(set) var held: (lookups: Int, bytes: Int) = (0, 0)
  /// What each agent of the present chain holds, by its index.
  private var agents: [(lookups: Int, bytes: Int)] = []

  init(lookups: Int, bytes: Int) { limit = (lookups, bytes) }

  /// Whether there is any room at all.
  var isFull: Bool { held.lookups >= limit.lookups || held.bytes >= limit.bytes }

  /// How many look-ups there is room for.
  var free: Int { max(0, limit.lookups - held.lookups) }

  /// Whether an agent may take one more look-up.
  func admits(agent: Int, bytes: Int, isAwaited: Bool) -> Bool {
    let mine = agents.indices.contains(agent) ? agents[agent] : (lookups: 0, bytes: 0)
    let weight = isAwaited ? 2 : 1
    return mine.lookups < weight * (limit.lookups - held.lookups)
      && mine.bytes + bytes <= weight * (limit.bytes - held.bytes - bytes)
  }

  /// Notes a look-up; of no agent where nobody is asked.
  mutating func take(agent: Int?, bytes: Int) {
    held.lookups += 1
    held.bytes += bytes
    guard let agent else { return }
    while agents.count <= agent { agents.append((0, 0)) }
    agents[agent].lookups += 1
    agents[agent].bytes += bytes
  }

  /// Notes that a look-up has its finding: it is on its way out and no longer its agent's.
  mutating func handBack(agent: Int, bytes: Int) {
    agents[agent].lookups -= 1
    agents[agent].bytes -= bytes
  }

  /// Notes that a look-up has ended.
  mutating func release(bytes: Int) {
    held.lookups -= 1
    held.bytes -= bytes
  }

  /// Another chain has other agents; what is held for those of the old one counts as nobody's.
  mutating func forgetAgents() { agents.removeAll() }

  mutating func removeAll() {
    held = (0, 0)
    agents.removeAll()
  }
}
