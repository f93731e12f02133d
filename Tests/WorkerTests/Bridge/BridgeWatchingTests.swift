// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Worker

/// Who is watched.
struct BridgeWatchingTests {
  private func address(_ text: String) throws -> IMAddress { try IMAddress(text) }

  @Test("The address that counts is watched by whose network it is; one that is only asked, or nobody's, is not")
  func claims() throws {
    let story = try BridgeStory()
    try story.profile("ann", "sip:ann@corp.example")
    try story.profile("bob", "xmpp:bob@chat.example")
    try story.profile("eve", "eve@asked.example")
    try story.profile("joe", "joe@elsewhere.example")
    #expect(story.watched["sip"] == [try address("sip:ann@corp.example")])
    #expect(story.watched["xmpp"] == [try address("xmpp:bob@chat.example")])
    #expect(story.watchCalls == 2)
  }

  @Test("A changed address is watched in place of the one before, a tombstone ends it, and an older profile is dropped")
  func changes() throws {
    let story = try BridgeStory()
    try story.profile("ann", "sip:ann@corp.example", updatedAt: 10)
    try story.profile("ann", "xmpp:ann@chat.example", updatedAt: 20)
    #expect(story.watched["sip"] == [])
    #expect(story.watched["xmpp"] == [try address("xmpp:ann@chat.example")])
    try story.profile("ann", "sip:ann@corp.example", updatedAt: 15)
    #expect(story.watched["sip"] == [])
    story.machine.delete("ann")
    story.tellSubscribers()
    #expect(story.watched["xmpp"] == [])
    #expect(story.machine.watches.isEmpty)
  }

  @Test("An address of two users is watched once, until neither has it")
  func shared() throws {
    let story = try BridgeStory()
    try story.profile("ann", "sip:desk@corp.example")
    try story.profile("bob", "SIP:desk@corp.example")
    #expect(story.watchCalls == 1)
    try story.say("sip:desk@corp.example", .busy)
    #expect(Set(story.publish().map(\.user)) == ["ann", "bob"])
    try story.profile("joe", "sip:desk@corp.example")
    #expect(story.watchCalls == 1)
    #expect(story.publish().map(\.user) == ["joe"], "the subscriber says it once, and not for everybody")
    try story.profile("joe", nil)
    try story.profile("ann", nil)
    #expect(story.unwatchCalls == 0)
    story.machine.delete("bob")
    story.tellSubscribers()
    #expect(story.unwatchCalls == 1)
  }

  @Test("Nobody is watched before a partition was read to its end: old versions of profiles cause no subscription")
  func reading() throws {
    let story = try BridgeStory(partitions: [])
    story.machine.assign([3], now: story.now)
    try story.profile("ann", "sip:old@corp.example", partition: 3)
    try story.profile("ann", "sip:new@corp.example", partition: 3)
    #expect(story.watchCalls == 0)
    story.machine.reachedEnd(of: 3, at: 2)
    story.tellSubscribers()
    #expect(story.watched["sip"] == [try address("sip:new@corp.example")])
    #expect(story.watchCalls == 1)
    #expect(story.unwatchCalls == 0)
  }

  @Test("A rebalance that gives a partition back ends no subscription; one that does not ends those of that partition")
  func rebalance() throws {
    let story = try BridgeStory(partitions: [0, 1])
    try story.profile("ann", "sip:ann@corp.example", partition: 0)
    try story.profile("bob", "sip:bob@corp.example", partition: 1)
    story.machine.didRead(0, 7)
    try story.say("sip:ann@corp.example", .online)
    #expect(story.publish().count == 1)
    story.machine.suspend(lost: false, now: story.now)
    try story.say("sip:ann@corp.example", .away)
    #expect(story.publish().isEmpty, "a partition that is not held belongs to somebody else")
    story.machine.assign([0], now: story.now)
    story.tellSubscribers()
    #expect(story.watched["sip"] == [try address("sip:ann@corp.example")])
    #expect(story.unwatchCalls == 1)
    #expect(story.machine.partitions[0]?.nextOffset == 8)
    #expect(story.publish().map(\.said.state) == [.away])
  }

  @Test("What somebody says who is not to be heard of that address is ignored and counted")
  func strangers() throws {
    let story = try BridgeStory()
    try story.profile("ann", "sip:ann@corp.example")
    try story.say("sip:ann@corp.example", .online, from: "xmpp")
    try story.say("sip:unknown@corp.example", .online)
    #expect(story.publish().isEmpty)
    #expect(story.machine.counters.ignored == ["xmpp": 1, "sip": 1])
  }

  @Test("Another connection takes over: the one before is given a short lease once the new one has spoken")
  func otherConnection() throws {
    let story = try BridgeStory()
    story.machine.adopt(try BridgeStory.claims(["old"], enterprise: "old"))
    try story.profile("joe", "joe@elsewhere.example")
    try story.say("joe@elsewhere.example", .busy, from: "old")
    #expect(story.publish().map(\.source) == ["old"])
    story.machine.adopt(try BridgeStory.claims(["new"], enterprise: "new"))
    story.tellSubscribers()
    #expect(story.watched["new"] == [try address("joe@elsewhere.example")])
    #expect(story.pass(5_000).isEmpty, "a change of connection says nothing of anybody")
    try story.say("joe@elsewhere.example", .online, from: "new")
    let publications = story.publish()
    #expect(publications.map(\.kind) == [.change, .withdrawal])
    #expect(publications.map(\.source) == ["new", "old"])
    #expect(publications.map(\.said.state) == [.online, .busy])
    #expect(publications.last?.leaseSeconds == 1)
    #expect(story.pass(5_000).isEmpty)
  }

  @Test("New subscribers of the same agents watch everybody again, and what they say again is no change")
  func reload() throws {
    let story = try BridgeStory()
    try story.profile("ann", "sip:ann@corp.example")
    try story.say("sip:ann@corp.example", .busy)
    #expect(story.publish().count == 1)
    story.machine.adopt(try BridgeStory.claims(["sip", "xmpp"]))
    story.tellSubscribers()
    #expect(story.watchCalls == 2)
    try story.say("sip:ann@corp.example", .busy)
    #expect(story.publish().isEmpty)
  }

  @Test("With presence switched off nobody is watched")
  func switchedOff() throws {
    let story = try BridgeStory()
    try story.profile("ann", "sip:ann@corp.example")
    var rules = story.machine.rules
    rules.presenceEnabled = false
    story.machine.adopt(rules)
    story.tellSubscribers()
    #expect(story.watched["sip"] == [])
    rules.presenceEnabled = true
    story.machine.adopt(rules)
    story.tellSubscribers()
    #expect(story.watched["sip"] == [try address("sip:ann@corp.example")])
  }
}
