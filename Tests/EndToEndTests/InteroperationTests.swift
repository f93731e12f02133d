// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Records of clients that are not ours, and what they read: kcat and confluent-kafka.
@Suite(
  .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20)),
  .worker
)
struct InteroperationTests {
  private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  private static func change(_ user: String, _ state: String, observedAt: String = Moment.now()) -> String {
    #"{"user":"\#(user)","source":"gateway","state":"\#(state)","statusMessage":"Ab drei – 午後","observedAt":"\#(observedAt)"}"#
  }

  @Test(
    "A bare change of kcat comes out as a snapshot that kcat reads",
    .enabled(if: Kcat.isInstalled, Kcat.requirement)
  )
  func kcat() async throws {
    let stage = try Stage.current
    try await stage.kcat("presence.changes", "kate:" + Self.change("kate", "busy"))
    let snapshot = try await stage.kafka.first(of: "presence.snapshots", user: "kate")
    #expect(snapshot.text("state") == "busy")
    #expect(snapshot.text("statusMessage") == "Ab drei – 午後")
    #expect(snapshot.text("quality") == "fresh")
    #expect(snapshot.event["version"] as? Int == 1)

    let reader = try ChildProcess([
      "kcat", "-b", stage.bootstrapServers, "-C", "-q", "-e", "-t", "presence.snapshots", "-p", "\(snapshot.partition)",
      "-X", "fetch.wait.max.ms=10", "-f", "%k %T %s\\n",
    ])
    var lines: [String] = []
    while let line = try? await reader.line() { lines.append(line) }
    #expect(try await reader.waitUntilExit() == .status(0))
    let text = String(decoding: try #require(snapshot.value), as: UTF8.self)
    #expect(lines.contains("kate \(snapshot.timestamp) \(text)"))
  }

  @Test("An event in binary mode is accepted, and its trace goes on")
  func binaryMode() async throws {
    let kafka = try Stage.current.kafka
    try await kafka.send(
      "presence.changes",
      user: "bea",
      Self.change("bea", "away"),
      headers: [
        .init("ce_specversion", "1.0"), .init("ce_type", "presence.change.v1"), .init("ce_id", "1"),
        .init("ce_source", "/test"), .init("content-type", "application/json; charset=utf-8"),
        .init("traceparent", Self.trace), .init("tracestate", "vendor=1"),
      ]
    )
    let snapshot = try await kafka.first(of: "presence.snapshots", user: "bea")
    #expect(snapshot.text("state") == "away")
    #expect(snapshot.header("traceparent") == Self.trace)
    #expect(snapshot.header("tracestate") == "vendor=1")
    #expect(snapshot.header("ce_specversion") == "1.0")
    #expect(snapshot.header("ce_type") == "presence.snapshot.v1")
    #expect(snapshot.header("ce_subject") == "bea")
    #expect(snapshot.header("content-type") == "application/json")
    #expect(Moment.parse(snapshot.header("ce_time")) != nil)
  }

  @Test("An event in structured mode is accepted, and its trace goes on")
  func structuredMode() async throws {
    let kafka = try Stage.current.kafka
    try await kafka.send(
      "presence.changes",
      user: "stu",
      #"{"specversion":"1.0","type":"presence.change.v1","id":"1","source":"/test","traceparent":"\#(Self.trace)","#
        + #""datacontenttype":"application/json","data":\#(Self.change("stu", "idle"))}"#,
      headers: [.init("content-type", "application/cloudevents+json; charset=UTF-8")]
    )
    let snapshot = try await kafka.first(of: "presence.snapshots", user: "stu")
    #expect(snapshot.text("state") == "online")
    #expect(snapshot.header("traceparent") == Self.trace)
  }

  @Test("murmur2_random of librdkafka puts every user where the worker expects it")
  func partitionerAgrees() async throws {
    let kafka = try Stage.current.kafka
    let users = ["a", "ab", "abc", "abcd", "abcde", "Åsa", "名前", "user@corp.example"] + (0..<24).map { "user\($0)" }
    for user in users {
      let place = try await kafka.send("presence.changes", user: user, Self.change(user, "online"))
      #expect(place.partition == Stage.partition(of: user), "\(user)")
    }
    for user in users {
      let snapshot = try await kafka.first(of: "presence.snapshots", user: user)
      #expect(snapshot.partition == Stage.partition(of: user), "\(user)")
    }
    let rerouted = try await kafka.all(of: "presence.changes") {
      users.contains($0.user) && $0.header("presence-rerouted") != nil
    }
    #expect(rerouted.isEmpty)
  }

  /// A user whom CRC32 and murmur2 see in different partitions; 1 and 2 of `Stage.partitions`.
  private static let misplaced = "carla"

  @Test("A change partitioned by CRC32 is sent to its partition, and has its effect once")
  func changeIsRerouted() async throws {
    let kafka = try Stage.current.kafka
    let user = Self.misplaced
    let json = Self.change(user, "busy")
    let place = try await kafka.produce(
      "presence.changes",
      key: Array(user.utf8),
      value: Array(json.utf8),
      headers: [.init("traceparent", Self.trace), .init("x-gateway", "7")],
      timestamp: 1_700_000_000_123,
      partitioner: .ownDefault
    )
    try #require(place.partition != Stage.partition(of: user), "CRC32 happens to agree: choose another name")

    let snapshot = try await kafka.first(of: "presence.snapshots", user: user)
    #expect(snapshot.partition == Stage.partition(of: user))
    #expect(snapshot.header("traceparent") == Self.trace)
    let changes = try await kafka.all(of: "presence.changes") { $0.user == user }
    let rerouted = changes.filter { $0.header("presence-rerouted") == "1" }
    #expect(changes.count == 2)
    #expect(rerouted.map(\.partition) == [Stage.partition(of: user)])
    #expect(rerouted.first?.value == Array(json.utf8))
    #expect(rerouted.first?.timestamp == 1_700_000_000_123)
    #expect(
      rerouted.first?.headers == [
        .init("traceparent", Self.trace), .init("x-gateway", "7"), .init("presence-rerouted", "1"),
      ]
    )

    // Whatever follows in that partition comes after it: one snapshot, and no dead letter.
    try await kafka.send("presence.changes", user: user, Self.change(user, "away"))
    let next = try await kafka.first(of: "presence.snapshots", user: user) { $0.text("state") == "away" }
    #expect(next.event["version"] as? Int == 2)
    #expect(try await kafka.all(of: "presence.dead-letters") { $0.user == user }.isEmpty)
  }

  @Test("A request partitioned by CRC32 ends in one outcome")
  func requestIsRerouted() async throws {
    let kafka = try Stage.current.kafka
    let request = """
      {"id":"r1","requester":{"user":"rob","mail":"rob@corp.example"},"recipient":"\(Self.misplaced)",\
      "channel":"mail","subject":"Hello","requestedAt":"\(Moment.now())"}
      """
    let place = try await kafka.produce(
      "contact.requests",
      key: Array(Self.misplaced.utf8),
      value: Array(request.utf8),
      partitioner: .ownDefault
    )
    try #require(place.partition != Stage.partition(of: Self.misplaced))
    let outcome = try await kafka.first(of: "contact.outcomes", user: Self.misplaced) { $0.text("requestId") == "r1" }
    #expect(outcome.partition == Stage.partition(of: Self.misplaced))
    let outcomes = try await kafka.all(of: "contact.outcomes") { $0.text("requestId") == "r1" }
    #expect(outcomes.count == 1)
    let requests = try await kafka.all(of: "contact.requests") { $0.text("id") == "r1" }
    #expect(requests.count == 2)
    let rerouted = requests.filter { $0.header("presence-rerouted") == "1" }
    #expect(rerouted.map(\.partition) == [Stage.partition(of: Self.misplaced)])
  }

  @Test("A change that was sent on once and is misplaced again is a dead letter")
  func reroutedOnce() async throws {
    let kafka = try Stage.current.kafka
    let partition = (Stage.partition(of: "twice") + 1) % Stage.partitions
    try await kafka.produce(
      "presence.changes",
      key: Array("twice".utf8),
      value: Array(Self.change("twice", "busy").utf8),
      headers: [.init("presence-rerouted", "1")],
      partition: partition
    )
    let letter = try await kafka.first(of: "presence.dead-letters", user: "twice")
    #expect(letter.header("dlq.error.code") == "wrongPartition")
    let message = try #require(letter.header("dlq.error.message"))
    #expect(message.contains("partition \(partition)"))
    #expect(message.contains("belongs to \(Stage.partition(of: "twice"))"))
  }

  @Test("A misplaced profile is a dead letter that names the remedy")
  func misplacedProfile() async throws {
    let kafka = try Stage.current.kafka
    let place = try await kafka.produce(
      "user.profiles",
      key: Array(Self.misplaced.utf8),
      value: Array(#"{"user":"\#(Self.misplaced)","displayName":"Carla"}"#.utf8),
      partitioner: .ownDefault
    )
    try #require(place.partition != Stage.partition(of: Self.misplaced))
    let letter = try await kafka.first(of: "presence.dead-letters") {
      $0.user == Self.misplaced && $0.header("dlq.topic") == "user.profiles"
    }
    #expect(letter.header("dlq.error.code") == "wrongPartition")
    #expect(letter.header("dlq.error.message")?.contains("partitioner=murmur2_random") == true)
    #expect(letter.header("dlq.offset") == "\(place.offset)")
  }
}

/// The command-line client of librdkafka.
enum Kcat {
  static let requirement: Comment = "kcat is not installed"
  static let isInstalled = ["/usr/bin/kcat", "/usr/local/bin/kcat"].contains {
    FileManager.default.fileExists(atPath: $0)
  }
}
