// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Worker

struct PendingLookupsTests {
  private func lookup(_ offset: Int64, since: Int64 = 0, bytes: Int = 0) -> PendingLookup {
    PendingLookup(
      partition: 0,
      offset: offset,
      user: [],
      value: Array(repeating: 0, count: bytes),
      since: since,
      readAt: 0
    )
  }

  private let finding = PresenceFinding(outcome: .unknown, agent: "a", observedAt: .distantPast, wasCalled: true)

  @Test("A look-up has ended when all records of its output are acknowledged")
  func acknowledgements() {
    var pending = PendingLookups(lookups: 10, bytes: 1 << 20)
    let id = pending.begin(lookup(7, bytes: 100), agent: 0)
    #expect(pending.found(id)?.offset == 7)
    pending.sent(id, finding, form: .whole, records: 2)
    #expect(pending.acknowledged(id, form: .whole) == nil)
    #expect(pending.count == 1)
    #expect(pending.acknowledged(id, form: .whole)?.offset == 7)
    #expect(pending.isEmpty)
    #expect(pending.bytes == 0)
    #expect(pending.found(id) == nil)
  }

  @Test("Acknowledgements of a form that was given up count for nothing")
  func forms() {
    var pending = PendingLookups(lookups: 10, bytes: 1 << 20)
    let id = pending.begin(lookup(7), agent: 0)
    _ = pending.found(id)
    pending.sent(id, finding, form: .whole, records: 2)
    pending.sent(id, finding, form: .withoutMessage, records: 2)
    #expect(pending.acknowledged(id, form: .whole) == nil)
    #expect(pending.lookup(id, form: .whole) == nil)
    #expect(pending.acknowledged(id, form: .withoutMessage) == nil)
    #expect(pending.acknowledged(id, form: .withoutMessage) != nil)
  }

  @Test("The oldest is the one that was published first, wherever it was read")
  func oldest() {
    var pending = PendingLookups(lookups: 10, bytes: 1 << 20)
    #expect(pending.oldestSince == nil)
    _ = pending.begin(lookup(1, since: 500), agent: nil)
    _ = pending.begin(lookup(1, since: -300), agent: nil)
    #expect(pending.oldestSince == -300)
    pending.removeAll()
    #expect(pending.oldestSince == nil)
    #expect(pending.bytes == 0)
  }

  @Test("Agents of another chain have all their room, and what the old ones find takes none of it")
  func chainChange() {
    var pending = PendingLookups(lookups: 4, bytes: 1 << 20)
    let old = [pending.begin(lookup(0), agent: 0), pending.begin(lookup(1), agent: 0)]
    #expect(!pending.admits(agent: 0, bytes: 0, isAwaited: false))
    pending.chainChanged()
    #expect(pending.admits(agent: 0, bytes: 0, isAwaited: false))
    _ = pending.begin(lookup(2), agent: 0)
    #expect(!pending.admits(agent: 0, bytes: 0, isAwaited: false))
    #expect(pending.found(old[0]) != nil)
    #expect(!pending.admits(agent: 0, bytes: 0, isAwaited: false))
    pending.limit(lookups: 100, bytes: 1 << 20)
    #expect(pending.admits(agent: 0, bytes: 0, isAwaited: false))
  }

  @Test("Nothing more is read when its number or its bytes have come to their bound")
  func bounds() {
    var pending = PendingLookups(lookups: 3, bytes: 1 << 20)
    for offset in 0..<3 { _ = pending.begin(lookup(Int64(offset)), agent: nil) }
    #expect(pending.free == 0)
    var large = PendingLookups(lookups: 1_000, bytes: 1 << 20)
    for offset in 0..<4 { _ = large.begin(lookup(Int64(offset), bytes: 256 << 10), agent: nil) }
    #expect(large.free == 0)
  }
}
