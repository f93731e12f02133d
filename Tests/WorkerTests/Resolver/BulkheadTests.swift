// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

struct BulkheadTests {
  /// Lets an agent take as much as it may; returns how much that was.
  private func flood(_ bulkhead: inout Bulkhead, agent: Int, isAwaited: Bool = false, bytes: Int = 1) -> Int {
    var count = 0
    while bulkhead.admits(agent: agent, bytes: bytes, isAwaited: isAwaited) {
      bulkhead.take(agent: agent, bytes: bytes)
      count += 1
    }
    return count
  }

  @Test("An agent that hangs takes half of the room, two take a third each, and others always find some")
  func shares() {
    var bulkhead = Bulkhead(lookups: 600, bytes: 1 << 20)
    #expect(flood(&bulkhead, agent: 0) == 300)
    #expect(flood(&bulkhead, agent: 1) == 150)
    #expect(flood(&bulkhead, agent: 0) == 0)
    for agent in 2..<9 { #expect(flood(&bulkhead, agent: agent) > 0, "agent \(agent)") }
    #expect(!bulkhead.isFull)
  }

  @Test("Look-ups that somebody waits for find room where others do not")
  func awaited() {
    var bulkhead = Bulkhead(lookups: 600, bytes: 1 << 20)
    #expect(flood(&bulkhead, agent: 0) == 300)
    #expect(flood(&bulkhead, agent: 0, isAwaited: true) == 100)
    #expect(bulkhead.free == 200)
  }

  @Test("Bytes are shared by the same rule")
  func bytes() {
    var bulkhead = Bulkhead(lookups: 1_000, bytes: 9_000)
    #expect(flood(&bulkhead, agent: 0, bytes: 1_000) == 4)
    #expect(flood(&bulkhead, agent: 1, bytes: 1_000) == 2)
    #expect(bulkhead.admits(agent: 1, bytes: 500, isAwaited: false))
    #expect(!bulkhead.admits(agent: 1, bytes: 4_000, isAwaited: true))
    bulkhead.take(agent: nil, bytes: 3_000)  // one that nobody is asked for, on its way out
    #expect(bulkhead.isFull)
  }

  @Test("What was found is nobody's share any more, and frees its room when it has ended")
  func release() {
    var bulkhead = Bulkhead(lookups: 4, bytes: 1 << 20)
    #expect(flood(&bulkhead, agent: 0) == 2)
    bulkhead.handBack(agent: 0, bytes: 1)
    #expect(bulkhead.free == 2)
    #expect(bulkhead.admits(agent: 0, bytes: 1, isAwaited: false))
    bulkhead.release(bytes: 1)
    #expect(bulkhead.free == 3)
    bulkhead.forgetAgents()
    #expect(flood(&bulkhead, agent: 0) == 2, "the indexes are another chain's now")
    bulkhead.removeAll()
    #expect(bulkhead.free == 4)
    #expect(bulkhead.held.bytes == 0)
  }
}
