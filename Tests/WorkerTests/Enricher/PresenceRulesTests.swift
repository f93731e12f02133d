// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import TestSupport
import Testing

@testable import Worker

@Suite("Presence rules")
struct PresenceRulesTests {
  @Test("A pushed change of an unknown user is version 1, fresh, with its tooltip and icon")
  func firstChange() throws {
    let office = try Office()
    office.push("ann", "busy", message: "In a meeting")
    let snapshot = try #require(office.snapshot("ann"))
    #expect(snapshot.text("state") == "busy")
    #expect(snapshot.text("tooltip") == "In a meeting")
    #expect(snapshot.text("icon") == "presence-busy")
    #expect(snapshot.text("quality") == "fresh")
    #expect(snapshot.number("version") == 1)
    #expect(snapshot.text("displayName") == "ann")
    #expect(snapshot.texts("actions").contains("sendInstantMessage"))
    #expect(snapshot.map("im").text("client") == "Microsoft Communicator")
    #expect(snapshot.map("im").text("uri") == "sip:ann@corp.example")
    let output = try #require(office.outputs.first)
    #expect(output.headers["ce_id"] == "ann/\(Office.start.milliseconds)/1")
    #expect(output.headers["ce_type"] == "presence.snapshot.v1")
    #expect(output.headers["ce_subject"] == "ann")
  }

  @Test("Only material changes are published: the same state again, a renewal, and a newer time are not")
  func materialOnly() throws {
    let office = try Office()
    office.push("ann", "online", sequence: 1)
    office.push("ann", "online", at: 5, sequence: 2)
    office.push("ann", "online", message: "hello", at: 6, sequence: 3)
    office.push("ann", "online", message: "hello", at: 7, sequence: 4)
    #expect(office.values(.presenceSnapshots).map { $0.number("version") } == [1, 2])
    #expect(office.counters.immaterial == 2)
  }

  @Test("Older by sequence, else by time, is dropped; the same twice changes nothing", arguments: [true, false])
  func order(withSequence: Bool) throws {
    let office = try Office()
    office.push("ann", "online", at: 10, sequence: withSequence ? 10 : nil)
    office.push("ann", "busy", at: withSequence ? 20 : 9, sequence: withSequence ? 9 : nil)
    office.push("ann", "online", at: 10, sequence: withSequence ? 10 : nil)
    #expect(office.values(.presenceSnapshots).count == 1)
    #expect(office.counters.events[.push, .older] == 1)
    #expect(office.counters.events[.push, .repeated] == 1)
  }

  @Test("Devices are combined by the policy, the message being the winner's")
  func devices() throws {
    for (policy, expected) in [
      (ReadingPolicy.busyFirst, "busy"), (.mostAvailable, "online"), (.latest, "away"),
    ] {
      let office = try Office { $0.policy = policy }
      office.push("ann", "busy", device: "desk", message: "call", at: 1)
      office.push("ann", "online", device: "phone", message: "mobile", at: 2)
      office.push("ann", "away", device: "tablet", message: "sofa", at: 3)
      let snapshot = try #require(office.snapshot("ann"))
      #expect(snapshot.text("state") == expected)
    }
  }

  @Test("The network address overrides the enterprise; another identity's state is never shown for it")
  func networkAddressOverrides() throws {
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example")
    office.push("ann", "online")
    office.profile("ann", enterprise: "sip:ann@corp.example", network: "ann@chat.example")
    var snapshot = try #require(office.snapshot("ann"))
    #expect(snapshot.text("quality") == "unknown")
    #expect(snapshot.text("state") == "offline")
    #expect(snapshot.text("displayName") == "ann (network)")
    #expect(office.values(.presenceLookups).map { $0.text("reason") } == ["addressChanged"])
    office.push("ann", "busy", at: 1)
    #expect(office.snapshot("ann")?.text("state") == "offline", "a reading of the enterprise is not merged")
    office.profile("ann", enterprise: "sip:ann@corp.example")
    snapshot = try #require(office.snapshot("ann"))
    #expect(snapshot.text("state") == "busy", "removing the network address reverts at once")
    #expect(snapshot.text("imAddress") == "sip:ann@corp.example")
  }

  @Test("An ask looks up once, an answer is fresh until validUntil, a second ask within is a hit")
  func askAndAnswer() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.ask("ann")
    office.ask("ann")
    let lookups = office.take(.presenceLookups)
    #expect(lookups.count == 1)
    let lookup = try #require(lookups.first?.value)
    #expect(lookup.text("imAddress") == "ann@chat.example")
    #expect(lookup.text("reason") == "asked")
    #expect(lookup.text("lookupId") == lookups.first?.headers["ce_id"])
    #expect(lookup.text("agents") == office.settings.agents.hash)
    office.answer("ann", "away", address: "ann@chat.example", message: "lunch")
    let snapshot = try #require(office.snapshot("ann"))
    #expect(snapshot.text("state") == "away")
    #expect(snapshot.text("validUntil") == office.time(60))
    office.pass(seconds: 30)
    office.ask("ann", notOlderThan: -60)
    #expect(office.take(.presenceLookups).isEmpty)
    office.ask("ann")
    #expect(office.take(.presenceLookups).count == 1)
  }

  @Test("A failed look-up leaves the last state as stale, and is remembered for five seconds")
  func failedLookup() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.ask("ann")
    office.answer("ann", "busy", address: "ann@chat.example")
    office.pass(seconds: 100)
    office.ask("ann")
    office.answer("ann", nil, address: "ann@chat.example")
    #expect(office.snapshot("ann")?.text("quality") == "stale")
    #expect(office.snapshot("ann")?.text("state") == "busy")
    _ = office.take(.presenceLookups)
    office.ask("ann")
    #expect(office.take(.presenceLookups).isEmpty)
    office.pass(seconds: 6)
    office.ask("ann")
    #expect(office.take(.presenceLookups).count == 1)
  }

  @Test("An answer for an address that no longer counts is dropped and counted")
  func foreignAnswer() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.answer("ann", "busy", address: "old@chat.example")
    #expect(office.snapshot("ann")?.text("quality") == "unknown")
    #expect(office.counters.events[.answer, .foreign] == 1)
  }

  @Test("An answer replaces what was pushed before it; a later push replaces the answer; an earlier one does not")
  func answersAndPushes() throws {
    let office = try Office()
    office.push("ann", "online", address: "ann@chat.example", at: 0)
    office.answer("ann", "away", address: "ann@chat.example", at: 10)
    #expect(office.snapshot("ann")?.text("state") == "away")
    office.push("ann", "busy", device: "phone", address: "ann@chat.example", at: 5)
    #expect(office.snapshot("ann")?.text("state") == "away")
    #expect(office.counters.events[.push, .superseded] == 1)
    office.push("ann", "busy", device: "phone", address: "ann@chat.example", at: 20)
    #expect(office.snapshot("ann")?.text("state") == "busy")
    #expect(office.snapshot("ann")?.text("validUntil") == nil)
  }

  @Test("A gateway whose clock is a day behind is heard again once the looked-up state is not fresh any more")
  func clockBehind() throws {
    let office = try Office()
    office.answer("ann", "away", address: "ann@chat.example")
    office.pass(seconds: 61)
    office.push("ann", "busy", address: "ann@chat.example", at: -86_400)
    #expect(office.snapshot("ann")?.text("state") == "busy")
  }

  @Test("Whoever was asked about is refreshed for five minutes, and nobody else")
  func interest() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.profile("bob", network: "bob@chat.example")
    office.answer("bob", "online", address: "bob@chat.example")
    office.ask("ann")
    office.answer("ann", "online", address: "ann@chat.example")
    _ = office.take(.presenceLookups)
    var reasons: [String] = []
    for _ in 0..<80 {
      office.pass(seconds: 10)
      office.rules.runTimers()
      for lookup in office.values(.presenceLookups) {
        reasons.append("\(lookup.text("user") ?? "") \(lookup.text("reason") ?? "")")
        office.answer("ann", "online", address: "ann@chat.example")
      }
    }
    #expect(reasons.count >= 4 && reasons.count <= 5)
    #expect(Set(reasons) == ["ann interest"])
  }

  @Test("Whoever is refreshed never becomes stale in between: the look-up goes out before what is known expires")
  func refreshedInTime() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.ask("ann")
    office.answer("ann", "online", address: "ann@chat.example", validFor: 60)
    _ = office.take(.presenceLookups)
    office.pass(seconds: 53)
    office.rules.runTimers()
    #expect(office.take(.presenceLookups).isEmpty)
    office.pass(seconds: 2)
    office.rules.runTimers()
    #expect(office.take(.presenceLookups).count == 1)
  }

  @Test("Whoever is of interest is looked up as soon as the lease of a pushed state has run out")
  func interestAfterLease() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.push("ann", "online", source: "gateway", address: "ann@chat.example", lease: 30)
    office.rules.confirmCaughtUp()
    office.ask("ann", notOlderThan: -60)
    #expect(office.take(.presenceLookups).isEmpty)
    office.pass(seconds: 41)
    office.rules.confirmCaughtUp()
    office.rules.runTimers()
    #expect(office.values(.presenceLookups).map { $0.text("reason") } == ["interest"])
  }

  /// "A lease that ran out within the five seconds of a failure asked for a look-up that was refused, and for no other."
  @Test("An interest outlasts a failure: the look-up that it refused comes when it is forgotten")
  func interestAfterFailure() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.push("ann", "online", source: "gateway", address: "ann@chat.example", lease: 30)
    office.rules.confirmCaughtUp()
    office.pass(seconds: 39)
    office.ask("ann")
    office.answer("ann", nil, address: "ann@chat.example")
    _ = office.take(.presenceLookups)
    office.pass(seconds: 2)
    office.rules.confirmCaughtUp()
    office.rules.runTimers()
    #expect(office.snapshot("ann")?.text("state") == "offline")
    #expect(office.take(.presenceLookups).isEmpty)
    office.pass(seconds: 4)
    office.rules.runTimers()
    #expect(office.values(.presenceLookups).map { $0.text("reason") } == ["interest"])
  }

  @Test("A lease runs out only when everything was read after its deadline, and then shows offline")
  func lease() throws {
    let office = try Office()
    office.push("ann", "online", lease: 30)
    office.pass(seconds: 50)
    office.rules.runTimers()
    #expect(office.snapshot("ann")?.text("state") == "online", "the partition is not known to be caught up")
    office.rules.confirmCaughtUp()
    for _ in 0..<8 {
      office.pass(seconds: 5)
      office.rules.runTimers()
    }
    #expect(office.snapshot("ann")?.text("state") == "online", "nothing confirms that no renewal lies unread")
    office.rules.confirmCaughtUp()
    office.pass(seconds: 1)
    office.rules.runTimers()
    let snapshot = try #require(office.snapshot("ann"))
    #expect(snapshot.text("state") == "offline")
    #expect(snapshot.text("quality") == "unknown")
    office.push("ann", "online", at: -200, lease: 30)
    #expect(office.snapshot("ann")?.text("state") == "offline", "order is still judged against the lapsed reading")
  }

  @Test("A renewed lease does not run out")
  func renewedLease() throws {
    let office = try Office()
    office.push("ann", "online", lease: 30)
    for _ in 0..<20 {
      office.pass(seconds: 20)
      office.rules.confirmCaughtUp()
      office.push("ann", "online", lease: 30)
      office.rules.runTimers()
    }
    #expect(office.counters.lapsed == 0)
    #expect(office.values(.presenceSnapshots).count == 1)
  }

  @Test("A deleted user gets a tombstone; older changes are dropped for a day; a newer one begins at version 1")
  func deletion() throws {
    let office = try Office()
    office.profile("ann")
    office.push("ann", "online")
    office.pass(seconds: 10)
    office.send(.userProfiles, key: "ann", nil)
    let tombstone = try #require(office.outputs.last)
    #expect(tombstone.key == "ann" && tombstone.bytes == nil)
    #expect(tombstone.headers["ce_time"] == office.time())
    office.push("ann", "busy", at: -5)
    #expect(office.counters.events[.push, .beforeDeletion] == 1)
    office.pass(seconds: 10)
    office.push("ann", "busy")
    #expect(office.snapshot("ann")?.number("version") == 1)
    office.send(.userProfiles, key: "ann", nil)
    office.pass(seconds: 86_401)
    office.rules.commit()
    office.rules.runTimers()
    #expect(office.rules.users == 0)
  }

  @Test(
    "A deletion counts from its record's time, or from now where that lies further ahead than clocks may differ",
    arguments: [(7 * 86_400, true), (7 * 86_400 + 1, false)]
  )
  func deletionAhead(seconds: Int, isBelieved: Bool) throws {
    let office = try Office()
    office.push("ann", "online")
    Views.lend(["ann"]) { views in
      office.rules.apply(
        EnricherHarness.Record(
          partition: LogPartition(.userProfiles, 0),
          offset: 0,
          timestamp: office.rules.wall.adding(milliseconds: Int64(seconds) * 1_000),
          key: views[0],
          value: nil
        )
      )
    }
    #expect(office.outputs.last?.headers["ce_time"] == office.time(isBelieved ? Double(seconds) : 0))
    office.pass(seconds: 1)
    office.push("ann", "busy")
    #expect(office.counters.events[.push, .beforeDeletion] == (isBelieved ? 1 : 0))
    #expect((office.snapshot("ann")?.text("state") == "busy") == !isBelieved)
  }

  @Test("Asking for somebody who was deleted brings nobody back")
  func askForTheDeleted() throws {
    let office = try Office()
    office.profile("ann")
    office.pass(seconds: 10)
    office.send(.userProfiles, key: "ann", nil)
    office.pass(seconds: 10)
    let published = office.outputs.count
    office.ask("ann")
    #expect(office.outputs.count == published)
    #expect(office.counters.events[.ask, .unclaimed] == 1)
  }

  @Test("Presence that is switched off has quality disabled and is never looked up")
  func disabled() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example", enabled: false)
    office.ask("ann")
    #expect(office.take(.presenceLookups).isEmpty)
    let snapshot = try #require(office.snapshot("ann"))
    #expect(snapshot.text("quality") == "disabled")
    #expect(!snapshot.texts("actions").contains("sendInstantMessage"))
  }

  @Test("An older profile is dropped")
  func olderProfile() throws {
    let office = try Office()
    office.profile("ann", name: "New", updatedAt: 10)
    office.profile("ann", name: "Old", updatedAt: 5)
    #expect(office.snapshot("ann")?.text("displayName") == "New")
  }

  @Test("Coalescing publishes the last of a transaction's changes, and nothing where all ends as it was")
  func coalescing() throws {
    let office = try Office(coalesce: true)
    office.push("ann", "online", at: 1)
    office.push("ann", "busy", at: 2)
    office.push("ann", "away", at: 3)
    #expect(office.outputs.isEmpty)
    office.rules.commit()
    #expect(office.values(.presenceSnapshots).map { $0.text("state") } == ["away"])
    office.push("ann", "busy", at: 4)
    office.push("ann", "away", at: 5)
    office.rules.commit()
    #expect(office.values(.presenceSnapshots).isEmpty)
    office.push("ann", "busy", at: 6)
    office.rules.commit()
    #expect(office.values(.presenceSnapshots).map { $0.number("version") } == [2])
  }

  @Test("A transaction that is taken back leaves no trace: the same inputs then have the same outputs")
  func rollback() throws {
    for coalesce in [true, false] {
      let office = try Office(coalesce: coalesce)
      office.profile("ann", network: "ann@chat.example")
      office.push("bob", "online", lease: 30)
      office.rules.commit()
      _ = office.take(.presenceSnapshots)
      func inputs() -> [String] {
        office.push("bob", "busy", at: 1)
        office.answer("ann", "away", address: "ann@chat.example")
        office.request("r1", to: "ann", "mail")
        office.send(.userProfiles, key: "bob", nil)
        office.push("carl", "online")
        return []
      }
      _ = inputs()
      office.rules.rollback()
      _ = office.take(.presenceSnapshots)
      _ = office.take(.contactOutcomes)
      _ = office.take(.mailDispatches)
      let users = office.rules.users
      #expect(users == 2)
      _ = inputs()
      office.rules.commit()
      let snapshots = office.take(.presenceSnapshots)
      #expect(snapshots.contains { $0.key == "bob" && $0.bytes == nil })
      #expect(snapshots.contains { $0.key == "carl" && $0.value?.number("version") == 1 })
      #expect(snapshots.contains { $0.key == "ann" && $0.value?.number("version") == 2 })
      #expect(office.take(.contactOutcomes).count == 1)
    }
  }

  @Test(
    "Every event that the rules produce fits its schema",
    .enabled(if: EventSchemas.isAvailable, EventSchemas.requirement)
  )
  func schemas() throws {
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example", network: "ann@chat.example", name: "Ann \"A\" Ä")
    office.ask("ann")
    office.answer("ann", "busy", address: "ann@chat.example", message: "bis 3\u{202F}Uhr")
    office.push("bob", "online", device: "phone", message: "hi", sequence: 9, lease: 60)
    office.push("bob", "away", device: "desk", at: 1)
    office.profile("bob", mail: "bob@corp.example")
    for channel in ["auto", "im", "mail"] {
      office.request("to-ann-\(channel)", to: "ann", channel, more: ["subject": "Grüße", "body": "a\nb"])
      office.request("to-bob-\(channel)", to: "bob", channel)
      office.request("to-nobody-\(channel)", to: "nobody", channel)
    }
    #expect(try office.schemaProblems() == [])
  }
}
