// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Records that cannot be processed: each becomes one dead letter, untouched, and the worker goes on.
@Suite(
  .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20)),
  .worker(provoking: "Look-ups come from an enricher with another list of agents; compare the configurations")
)
struct BadInputTests {
  @Test(
    "A bad record is one dead letter with its bytes, key and headers, and a good one after it comes out",
    arguments: BadRecord.all
  )
  func deadLetter(_ bad: BadRecord) async throws {
    let kafka = try Stage.current.kafka
    let headers = bad.headers + [.init("x-case", bad.name), .init("x-bytes", [0xFF, 0x00]), .init("x-null", nil)]
    let place = try await kafka.produce(
      bad.topic,
      key: bad.key,
      value: bad.value,
      headers: headers,
      partition: bad.partition,
      timestamp: 1_700_000_000_123
    )
    try await expectSuccess(behind: place, of: bad.topic)

    let letters = try await kafka.all(of: "presence.dead-letters") { $0.header("x-case") == bad.name }
    #expect(letters.count == 1)
    let letter = try #require(letters.first)
    #expect(letter.value == bad.value)
    #expect(letter.key == bad.key)
    #expect(letter.headers.filter { !$0.name.hasPrefix("dlq.") } == headers)
    #expect(letter.header("dlq.error.code") == bad.code)
    let message = try #require(letter.header("dlq.error.message"))
    for part in bad.message { #expect(message.contains(part)) }
    #expect(letter.header("dlq.topic") == bad.topic)
    #expect(letter.header("dlq.partition") == "\(place.partition)")
    #expect(letter.header("dlq.offset") == "\(place.offset)")
    #expect(letter.header("dlq.timestamp") == "2023-11-14T22:13:20.123Z")
    #expect(Moment.parse(letter.header("dlq.failed-at")) != nil)
    #expect(letter.header("dlq.worker")?.isEmpty == false)
    #expect(letter.header("dlq.truncated") == nil)
  }

  /// Sends a good change into the partition of a bad record, and waits for its snapshot.
  private func expectSuccess(behind place: KafkaClient.Place, of topic: String) async throws {
    let kafka = try Stage.current.kafka
    let user = Stage.user("good-\(topic)-\(place.offset)", in: place.partition)
    if topic == "presence.lookups" {
      // The resolver's input: a look-up behind the bad one is answered, here that no agent claims the address.
      let lookup = """
        {"lookupId":"\(user)","user":"\(user)","imAddress":"xmpp:\(user)@corp.example","reason":"asked",\
        "notOlderThan":"\(Moment.now())","deadline":"\(Moment.now(plus: 30))","agents":"none"}
        """
      try await kafka.send(topic, user: user, lookup)
      _ = try await kafka.first(of: "presence.changes", user: user) { $0.text("lookupId") == user }
    } else {
      try await kafka.send("presence.changes", user: user, Self.change(user))
      _ = try await kafka.first(of: "presence.snapshots", user: user)
    }
  }

  private static func change(_ user: String, state: String = "busy") -> String {
    #"{"user":"\#(user)","source":"gateway","state":"\#(state)","observedAt":"\#(Moment.now())"}"#
  }

  // MARK: Too large

  @Test("A bad record of nearly a megabyte is kept whole in its dead letter")
  func nearlyTooLarge() async throws {
    let kafka = try Stage.current.kafka
    let user = String(repeating: "a", count: 999_800)
    let value = Array(#"{"user":"\#(user)","source":"gateway","observedAt":"2026-01-01T00:00:00Z"}"#.utf8)
    let place = try await kafka.produce("presence.changes", key: Array("large".utf8), value: value)
    try await expectSuccess(behind: place, of: "presence.changes")
    let letters = try await kafka.all(of: "presence.dead-letters") { $0.user == "large" }
    #expect(letters.map { $0.header("dlq.error.code") } == ["tooLarge"])
    #expect(letters.first?.value == value)
  }

  @Test("What is too large even for the dead letters goes without its value, and says so")
  func tooLarge() async throws {
    let kafka = try Stage.current.kafka
    let value = Array(repeating: UInt8(ascii: "["), count: 2_000_000)
    let place = try await kafka.produce(
      "presence.changes",
      key: Array("larger".utf8),
      value: value,
      headers: [.init("x-case", "larger")]
    )
    try await expectSuccess(behind: place, of: "presence.changes")
    let letters = try await kafka.all(of: "presence.dead-letters") { $0.user == "larger" }
    #expect(letters.map { $0.header("dlq.truncated") } == ["1"])
    #expect(letters.map(\.value) == [nil])
    #expect(letters.map { $0.header("x-case") } == ["larger"])
    #expect(letters.map { $0.header("dlq.error.code") } == ["malformedJson"])
  }

  @Test("A look-up that is too large even for the dead letters does not stop the resolver")
  func tooLargeLookup() async throws {
    let kafka = try Stage.current.kafka
    let value = Array(repeating: UInt8(ascii: "["), count: 2_000_000)
    let place = try await kafka.produce("presence.lookups", key: Array("largest".utf8), value: value)
    try await expectSuccess(behind: place, of: "presence.lookups")
    let letters = try await kafka.all(of: "presence.dead-letters") { $0.user == "largest" }
    #expect(letters.map { $0.header("dlq.truncated") } == ["1"])
    #expect(letters.map { $0.header("dlq.topic") } == ["presence.lookups"])
  }

  @Test("A status message of a megabyte is cut to what readers are promised")
  func longMessage() async throws {
    let kafka = try Stage.current.kafka
    let message = String(repeating: "é", count: 450_000)
    try await kafka.send(
      "presence.changes",
      user: "verbose",
      #"{"user":"verbose","source":"gateway","state":"away","statusMessage":"\#(message)","observedAt":"\#(Moment.now())"}"#
    )
    let snapshot = try await kafka.first(of: "presence.snapshots", user: "verbose")
    #expect(snapshot.text("statusMessage")?.count == 1_024)
  }

  // MARK: Null keys and null values

  @Test("A null key counts as the user's where the record is in place")
  func nullKey() async throws {
    let kafka = try Stage.current.kafka
    try await kafka.produce(
      "presence.changes",
      key: nil,
      value: Array(Self.change("keyless").utf8),
      partition: Stage.partition(of: "keyless")
    )
    #expect(try await kafka.first(of: "presence.snapshots", user: "keyless").text("state") == "busy")
  }

  @Test("A null key in another partition is sent to the user's, with the key")
  func misplacedNullKey() async throws {
    let kafka = try Stage.current.kafka
    try await kafka.produce(
      "presence.changes",
      key: nil,
      value: Array(Self.change("keyless-elsewhere").utf8),
      partition: (Stage.partition(of: "keyless-elsewhere") + 1) % Stage.partitions
    )
    let snapshot = try await kafka.first(of: "presence.snapshots", user: "keyless-elsewhere")
    #expect(snapshot.event["version"] as? Int == 1)
    let rerouted = try await kafka.all(of: "presence.changes", where: { $0.user == "keyless-elsewhere" })
    #expect(rerouted.map { $0.header("presence-rerouted") } == ["1"])
  }

  @Test("A tombstone deletes a user: the snapshot goes, and changes from before stay without effect")
  func tombstone() async throws {
    let kafka = try Stage.current.kafka
    let before = Moment.now(plus: -1)
    try await kafka.send(
      "user.profiles",
      user: "gone",
      #"{"user":"gone","displayName":"Gone","mail":"g@corp.example"}"#
    )
    let first = try await kafka.first(of: "presence.snapshots", user: "gone")
    #expect(first.text("displayName") == "Gone")

    try await kafka.produce("user.profiles", key: Array("gone".utf8), value: nil)
    let deleted = try await kafka.first(of: "presence.snapshots", user: "gone") { $0.value == nil }
    #expect(deleted.partition == first.partition)
    #expect(deleted.header("ce_subject") == "gone")

    // An old change is dropped, a new one makes a new user, whose versions begin again.
    try await kafka.send(
      "presence.changes",
      user: "gone",
      #"{"user":"gone","source":"gateway","state":"away","observedAt":"\#(before)"}"#
    )
    try await kafka.send("presence.changes", user: "gone", Self.change("gone"))
    _ = try await kafka.first(of: "presence.snapshots", user: "gone") { $0.offset > deleted.offset && $0.value != nil }
    let after = try await kafka.all(of: "presence.snapshots") { $0.user == "gone" && $0.offset > deleted.offset }
    #expect(after.map { $0.text("state") } == ["busy"])
    #expect(after.map { $0.event["version"] as? Int } == [1])
  }

  @Test("Tombstones of users that nobody knows, and repeated ones, crash nothing")
  func strangeTombstones() async throws {
    let kafka = try Stage.current.kafka
    for _ in 0..<3 { try await kafka.produce("user.profiles", key: Array("nobody".utf8), value: nil) }
    let place = try await kafka.produce("user.profiles", key: Array("nobody".utf8), value: nil)
    try await expectSuccess(behind: place, of: "user.profiles")
    #expect(try await kafka.all(of: "presence.dead-letters") { $0.user == "nobody" }.isEmpty)
  }

  @Test("A request for somebody whom nobody knows is rejected, which is an outcome and no dead letter")
  func unknownRecipient() async throws {
    let kafka = try Stage.current.kafka
    try await kafka.send(
      "contact.requests",
      user: "nobody-here",
      #"{"id":"r1","requester":{"user":"rob"},"recipient":"nobody-here","channel":"auto","requestedAt":"\#(Moment.now())"}"#
    )
    let outcome = try await kafka.first(of: "contact.outcomes", user: "nobody-here")
    #expect(outcome.text("outcome") == "rejected")
    #expect(outcome.text("reason") == "noSuchUser")
  }
}
