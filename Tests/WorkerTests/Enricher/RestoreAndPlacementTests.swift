// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import PresenceModel
import Testing

@testable import Worker

@Suite("Restoring, placement and dead letters")
struct RestoreAndPlacementTests {
  @Test("A restored user goes on where the snapshot ended: version, order, readings, quality")
  func restoredUserGoesOn() throws {
    let office = try Office()
    office.push("ann", "busy", device: "desk", sequence: 5)
    office.push("ann", "away", device: "phone", sequence: 7)
    office.push("ann", "online", device: "desk", at: 1, sequence: 8)
    let other = try office.restored()
    other.push("ann", "busy", device: "desk", at: 2, sequence: 6)
    #expect(other.counters.events[.push, .older] == 1, "order is judged against the last published readings")
    other.push("ann", "busy", device: "phone", at: 3, sequence: 9)
    let snapshot = try #require(other.snapshot("ann"))
    let last = try #require(office.snapshot("ann")?.number("version"))
    #expect(snapshot.number("version") == last + 1)
    #expect(snapshot.text("state") == "busy")
    #expect(other.outputs.last?.headers["ce_id"] == "ann/\(Office.start.milliseconds)/\(last + 1)")
  }

  @Test("A restored profile is back without a new snapshot, and what follows is judged by it")
  func restoredProfile() throws {
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example", network: "ann@chat.example")
    office.answer("ann", "busy", address: "ann@chat.example")
    let profile: [String: Any] = [
      "user": "ann", "mail": "x@corp.example", "enterpriseAddress": "sip:ann@corp.example",
      "networkPresence": ["imAddress": "ann@chat.example", "displayName": "ann (network)"],
    ]
    let other = try office.restored(profiles: [("ann", profile)])
    other.send(.userProfiles, key: "ann", profile)
    #expect(other.outputs.isEmpty, "nothing that a reader sees has changed")
    other.push("ann", "online", at: 5)
    #expect(other.outputs.isEmpty, "the enterprise's reading is kept and not merged")
  }

  @Test("A store that comes back and takes a snapshot in does not take the profile's address for the events' own")
  func addressOfAStoreThatComesBack() throws {
    let profile: [String: Any] = ["user": "ann", "enterpriseAddress": "sip:ann@corp.example"]
    let office = try Office()
    office.profile("ann", mail: nil, enterprise: "sip:ann@corp.example")
    let other = try office.restored(profiles: [("ann", profile)])
    office.push("ann", "busy", address: "")
    try other.take(from: office)
    other.profile("ann", mail: nil, enterprise: "sip:ann@corp.example", network: "ann@chat.example")
    other.profile("ann", mail: nil)
    let snapshot = try #require(other.snapshot("ann"))
    #expect(snapshot["imAddress"] == nil)
    #expect(!snapshot.texts("actions").contains("sendInstantMessage"))
  }

  @Test(
    "A published address that an event has said stays, whether profiles before the last one are still there or not",
    arguments: [true, false]
  )
  func addressOfAnUnpublishedReading(isCompacted: Bool) throws {
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example")
    office.push("ann", "busy", address: "")
    office.push("ann", "offline", device: "phone", address: "sip:ann@corp.example", at: 1)
    office.profile("ann")
    #expect(office.snapshot("ann")?.text("imAddress") == "sip:ann@corp.example")
    let before: [String: Any] = ["user": "ann", "mail": "x@corp.example", "enterpriseAddress": "sip:ann@corp.example"]
    let last: [String: Any] = ["user": "ann", "mail": "x@corp.example"]
    let other = try office.restored(profiles: (isCompacted ? [] : [("ann", before)]) + [("ann", last)])
    #expect(other.counters.outdated == 0)
    other.profile("ann", name: "Ann")
    #expect(other.snapshot("ann")?.text("displayName") == "Ann")
    #expect(other.snapshot("ann")?.text("imAddress") == "sip:ann@corp.example")
  }

  @Test("Restored outcomes keep repeats from a second dispatch")
  func restoredFilter() throws {
    let office = try Office()
    office.profile("ann")
    office.request("r1", to: "ann", "mail")
    let other = try office.restored()
    other.profile("ann")
    other.request("r1", to: "ann", "mail")
    #expect(other.take(.mailDispatches).isEmpty)
    #expect(other.counters.events[.request, .repeated] == 1)
  }

  @Test(
    "A state record under a key that is not its user's restores nobody",
    arguments: [LogTopic.presenceSnapshots, .userProfiles, .contactOutcomes],
    ["bob", "", "a\u{7}b"]
  )
  func foreignKey(topic: LogTopic, key: String) throws {
    let office = try Office()
    office.profile("ann")
    office.request("r1", to: "ann", "mail")
    let bytes = try #require(office.outputs.first { $0.topic == .presenceSnapshots }?.bytes)
    let other = try Office()
    let value = topic == .userProfiles ? Array(#"{"user":"ann"}"#.utf8) : bytes
    try other.restore(topic, offset: 0, key: key, bytes: value, headers: [:])
    other.rules.endRestore()
    #expect(other.counters.unreadableState == (topic == .userProfiles ? 0 : 1))
    #expect(other.rules.users == 0)
  }

  @Test("A restored deletion still drops what was observed before it")
  func restoredDeletion() throws {
    let office = try Office()
    office.push("ann", "online")
    office.pass(seconds: 100)
    office.send(.userProfiles, key: "ann", nil)
    let other = try office.restored()
    other.push("ann", "busy", at: -50)
    #expect(other.counters.events[.push, .beforeDeletion] == 1)
  }

  @Test("A restored lease starts anew: nobody goes offline because of a restart")
  func restoredLease() throws {
    let office = try Office()
    office.push("ann", "online", lease: 30)
    office.pass(seconds: 35)
    let other = try office.restored()
    other.rules.confirmCaughtUp()
    other.pass(seconds: 38)
    other.rules.confirmCaughtUp()
    other.rules.runTimers()
    #expect(other.outputs.isEmpty)
    other.pass(seconds: 3)
    other.rules.confirmCaughtUp()
    other.rules.runTimers()
    #expect(other.snapshot("ann")?.text("state") == "offline")
  }

  @Test("A misplaced change is sent to its partition once with its headers, the second time it is a dead letter")
  func misplacedChange() throws {
    let count: Int32 = 12
    let home = Array("ann".utf8).withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: count) }
    let office = try Office(partitionCount: count, partition: (home + 1) % count)
    let value: [String: Any] = ["user": "ann", "source": "s", "state": "busy", "observedAt": office.time()]
    office.send(
      .presenceChanges,
      key: "ann",
      value,
      headers: [("ce_specversion", "1.0"), ("ce_type", "presence.change.v1")]
    )
    let rerouted = try #require(office.outputs.first)
    #expect(rerouted.topic == .presenceChanges && rerouted.partition == home && rerouted.key == "ann")
    #expect(rerouted.headers["presence-rerouted"] == "1")
    #expect(rerouted.headers["ce_type"] == "presence.change.v1")
    office.send(.presenceChanges, key: "ann", value, headers: [("presence-rerouted", "1")])
    let letter = try #require(office.take(.deadLetters).first)
    #expect(letter.headers["dlq.error.code"] == "wrongPartition")
  }

  @Test("A misplaced profile is a dead letter at once that names the partitioner")
  func misplacedProfile() throws {
    let home = Array("ann".utf8).withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: 12) }
    let office = try Office(partitionCount: 12, partition: (home + 1) % 12)
    office.profile("ann")
    office.send(.userProfiles, key: "ann", nil)
    let letters = office.take(.deadLetters)
    #expect(letters.count == 2)
    #expect(letters.allSatisfy { $0.headers["dlq.error.message"]?.contains("partitioner=murmur2_random") ?? false })
    #expect(office.rules.users == 0)
  }

  @Test("Bad records become one dead letter each, untouched, and the next record has its effect")
  func badRecords() throws {
    let office = try Office()
    let bad: [(LogTopic, String?, [UInt8]?, String)] = [
      (.presenceChanges, "ann", Array(#"{"user":"ann","#.utf8), "malformedJson"),
      (.presenceChanges, "ann", nil, "emptyValue"), (.presenceChanges, "ann", [], "emptyValue"),
      (
        .presenceChanges, "bob",
        Array(#"{"user":"ann","source":"s","state":"busy","observedAt":"2026-11-22T08:15:30Z"}"#.utf8), "keyMismatch"
      ),
      (
        .presenceChanges, "ann",
        Array(#"{"user":"ann","source":"s","state":"asleep","observedAt":"2026-11-22T08:15:30Z"}"#.utf8), "invalidValue"
      ),
      (
        .presenceChanges, "ann",
        Array(#"{"user":"ann","source":"s","state":"busy","observedAt":"9999-11-22T08:15:30Z"}"#.utf8), "invalidValue"
      ),
      (
        .presenceChanges, "ann",
        Array(#"{"user":"ann","source":"s","state":"busy","observedAt":"2027-01-22T08:15:30Z"}"#.utf8), "invalidValue"
      ),
      (.contactRequests, "ann", Array(#"{"id":"1"}"#.utf8), "missingField"),
      (.userProfiles, "ann", Array(#"{"user":7}"#.utf8), "wrongType"),
      (.userProfiles, nil, nil, "invalidKey"), (.userProfiles, "", nil, "invalidKey"),
    ]
    for (topic, key, bytes, code) in bad {
      office.send(topic, key: key, bytes: bytes, headers: [("mine", "kept")])
      let letters = office.take(.deadLetters)
      #expect(letters.count == 1)
      let letter = try #require(letters.first)
      #expect(letter.headers["dlq.error.code"] == code)
      #expect(letter.bytes == bytes)
      #expect(letter.key == key)
      #expect(letter.headers["mine"] == "kept")
      #expect(letter.headers["dlq.topic"] == topic.name)
      #expect(office.outputs.isEmpty)
    }
    office.push("ann", "online")
    #expect(office.snapshot("ann")?.text("state") == "online")
  }
}
