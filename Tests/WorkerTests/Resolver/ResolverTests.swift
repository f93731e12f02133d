// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import Kafka
import PresenceModel
import Testing

@testable import Worker

/// The resolver on a broker in this process, with agents that the tests play.
@Suite(.timeLimit(.minutes(20)))
struct ResolverTests {
  private func agent(
    _ domain: String,
    limits: AgentLimits = AgentLimits(timeout: .seconds(3_600)),
    reaction: (@Sendable ([IMAddress]) -> ScriptedAgent.Reaction)? = nil
  ) -> ScriptedAgent {
    ScriptedAgent(
      AgentDescriptor(name: domain, claims: [ClaimRule(domain: GlobPattern(domain))]),
      limits: limits,
      reaction: reaction
    )
  }

  private func online(_ addresses: [IMAddress]) -> ScriptedAgent.Reaction {
    .success(Dictionary(uniqueKeysWithValues: addresses.map { ($0, AgentAnswer(.online, message: "Hello")) }))
  }

  @Test("The answer goes to the enricher, and the request that waited comes back with it")
  func answer() async throws {
    try await ResolverStage.run([agent("a", reaction: online)]) { stage in
      try stage.send([stage.lookup("ann", "ann@a", body: "Hi")])
      let change = try await stage.next(.presenceChanges)
      #expect(change.key == "ann")
      #expect(change.value.text("state") == "online")
      #expect(change.value.text("lookupId") == "l-ann")
      #expect(change.value.number("validForSeconds") == 60)
      let request = try await stage.next(.contactRequests)
      #expect(request.key == "ann")
      #expect(request.value.text("body") == "Hi")
      #expect(request.value.map("resolution").text("state") == "online")
      #expect(request.value.map("resolution").text("statusMessage") == "Hello")
    }
  }

  /// "A look-up has a content type and no `ce_type`; it is kept as a structured event, cannot be read again when its
  /// answer is there, and ends the process, which reads it anew after its restart."
  @Test("A content type without the other headers, or beside them, does not end the resolver")
  func contentTypeAlone() async throws {
    try await ResolverStage.run([agent("a", reaction: online)]) { stage in
      try stage.send([stage.lookup("ann", "ann@a")], headers: ["content-type": "application/json"])
      #expect(try await stage.next(.presenceChanges).value.text("lookupId") == "l-ann")
      let (user, data) = stage.lookup("bob", "bob@a")
      let event = #"{"specversion":"1.0","type":"presence.lookup.v1","id":"1","source":"/test","data":\#(data)}"#
      try stage.send(
        [(user, event)],
        headers: ["content-type": "application/cloudevents+json", "ce_type": "presence.lookup.v1"]
      )
      #expect(try await stage.next(.presenceChanges).value.text("lookupId") == "l-bob")
    }
  }

  @Test("A look-up with somebody else's request is a dead letter, and the request comes back to its recipient")
  func foreignRequest() async throws {
    try await ResolverStage.run([agent("a", reaction: online)]) { stage in
      let (user, json) = stage.lookup("ann", "ann@a", body: "Hi")
      try stage.send([(user, json.replacing(#""recipient":"ann""#, with: #""recipient":"bob""#))])
      let letter = try await stage.next(.deadLetters)
      #expect(letter.headers["dlq.error.code"] == "invalidValue")
      #expect(letter.headers["dlq.error.message"]?.contains("contact.recipient") == true)
      let request = try await stage.next(.contactRequests)
      #expect(request.key == "bob")
      #expect(request.value.map("resolution").map("failure").text("code") == "badLookup")
    }
  }

  @Test("A request comes back by its deadline although its agent hangs, and the call goes on for others")
  func deadline() async throws {
    let hanging = agent("a")
    try await ResolverStage.run([hanging]) { stage in
      try stage.send([stage.lookup("ann", "ann@a", within: 500, body: "Hi"), stage.lookup("bob", "ann@a")])
      let request = try await stage.next(.contactRequests)
      #expect(request.value.map("resolution").map("failure").text("code") == "deadlinePassed")
      let call = try #require(await hanging.nextCall())
      call.answerAll(AgentAnswer(.away))
      let change = try await stage.next(.presenceChanges) { $0.key == "bob" }
      #expect(change.value.text("state") == "away")
      #expect(hanging.callCount == 1)
    }
  }

  @Test("A look-up past its deadline is sent on without a call, while fresh ones wait for their agent")
  func late() async throws {
    let hanging = agent("a")
    try await ResolverStage.run([hanging]) { stage in
      try stage.send([
        stage.lookup("fresh", "fresh@a", body: "1"), stage.lookup("late", "late@a", within: -1_000, body: "2"),
      ])
      let request = try await stage.next(.contactRequests)
      #expect(request.key == "late")
      #expect(request.value.map("resolution").map("failure").text("code") == "deadlinePassed")
      let call = try #require(await hanging.nextCall())
      #expect(call.addresses.map(\.local) == ["fresh"])
      #expect(stage.status.late == 1)
      #expect(stage.status.oldestSince != nil)
      call.answerAll(AgentAnswer(.online))
      #expect(try await stage.next(.contactRequests).key == "fresh")
    }
  }

  @Test("An agent that hangs takes half of the room at the most, and others are answered as before")
  func bulkhead() async throws {
    let hanging = agent("dead", limits: AgentLimits(timeout: .seconds(3_600), maximumCalls: 1))
    let live = agent("live", reaction: online)
    try await ResolverStage.run([hanging, live], change: { $0.limits.underWay = 100 }) { stage in
      try stage.send((0..<300).map { stage.lookup("d\($0)", "d\($0)@dead", within: 3_600_000) })
      var refused = 0
      while refused < 250 {  // with room for a hundred, half of them may wait
        let change = try await stage.next(.presenceChanges)
        #expect(change.value.map("failure").text("code") == "overloaded")
        refused += 1
      }
      for round in 0..<20 {
        try stage.send((0..<5).map { stage.lookup("l\(round)-\($0)", "l\(round)-\($0)@live", within: 3_600_000) })
        for _ in 0..<5 { #expect(try await stage.next(.presenceChanges).value.text("state") == "online") }
      }
      try stage.send([stage.lookup("waiting", "w@dead", within: 3_600_000, body: "Hi")])
      while await hanging.nextCall()?.answerAll(AgentAnswer(.busy)) != nil {
        let change = try await stage.next(.presenceChanges)
        #expect(change.value.text("state") == "busy")
        if change.key == "waiting" { break }
      }
      #expect(stage.status.overloaded == 250)
      #expect(hanging.callCount < 10, "whoever is waited for goes first")
    }
  }

  @Test("The request in a look-up that cannot be read is sent on; the look-up becomes a dead letter")
  func unreadable() async throws {
    try await ResolverStage.run([agent("a", reaction: online)]) { stage in
      let good = stage.lookup("ann", "ann@a", body: "Hi")
      let bad = good.json.replacing("\"deadline\":\"", with: "\"deadline\":\"x")
      try stage.send([("ann", bad), ("bob", "{\"lookupId\":1}"), stage.lookup("carl", "carl@a")])
      let request = try await stage.next(.contactRequests)
      #expect(request.value.text("id") == "r-ann")
      #expect(request.value.map("resolution").map("failure").text("code") == "badLookup")
      let letters = [try await stage.next(.deadLetters), try await stage.next(.deadLetters)]
      #expect(Set(letters.map(\.key)) == ["ann", "bob"])
      #expect(letters.allSatisfy { $0.headers["dlq.topic"] == "presence.lookups" })
      #expect(try await stage.next(.presenceChanges).key == "carl")
    }
  }

  @Test("An answer that is too large goes without its message, then as a dead letter; the partition goes on")
  func tooLarge() async throws {
    let message = String(repeating: "m", count: 900)
    let talkative = agent("a") { .success([$0[0]: AgentAnswer(.busy, message: message)]) }
    try await ResolverStage.run([talkative], change: { $0.producer = ["message.max.bytes": "2500"] }) { stage in
      let bodies = ["small": 100, "large": 1_100, "huge": 6_000]
      for (user, size) in bodies.sorted(by: { $0.value < $1.value }) {
        try stage.send([stage.lookup(user, "\(user)@a", body: String(repeating: "b", count: size))])
      }
      // They may be in two partitions, which have no common order.
      var answers = [try await stage.next(.contactRequests), try await stage.next(.contactRequests)]
      answers.sort { $0.value.text("body")?.count ?? 0 < $1.value.text("body")?.count ?? 0 }
      let small = answers[0]
      #expect(small.key == "small")
      #expect(small.value.map("resolution").text("statusMessage") == message)
      let large = answers[1]
      #expect(large.key == "large")
      #expect(large.value.map("resolution").text("state") == "busy")
      #expect(large.value.map("resolution").text("statusMessage") == nil)
      let letter = try await stage.next(.deadLetters)
      #expect(letter.key == "huge")
      #expect(letter.headers["dlq.error.code"] == "outputTooLarge")
      #expect(letter.headers["dlq.truncated"] == "1")
      try stage.send([stage.lookup("next", "next@a")])
      _ = try await stage.next(.presenceChanges) { $0.key == "next" }
      #expect(stage.status.reconnects == 0)
    }
  }

  @Test("Other agents take over without losing what the ones before were asked")
  func otherAgents() async throws {
    let before = agent("a")
    let after = agent("a", reaction: online)
    try await ResolverStage.run([before]) { stage in
      try stage.send([stage.lookup("ann", "ann@a")])
      let call = try #require(await before.nextCall())
      let life = try stage.replace([after])
      try stage.send([stage.lookup("bob", "bob@a")])
      #expect(try await stage.next(.presenceChanges).key == "bob")
      #expect(stage.status.reloads == 1)
      call.answerAll(AgentAnswer(.offline))
      let change = try await stage.next(.presenceChanges)
      #expect(change.key == "ann")
      #expect(change.value.text("state") == "offline")
      #expect(before.callCount == 1)
      life.cancel()
    }
  }

  @Test("What a resolver leaves unfinished the next one does; what is finished is not done again")
  func handover() async throws {
    let cluster = try KafkaMockCluster()
    for topic in [LogTopic.presenceLookups, .presenceChanges, .contactRequests, .deadLetters] {
      try cluster.createTopic(topic.name, partitions: ResolverStage.partitions)
    }
    let hanging = agent("a")
    try await ResolverStage.run([hanging, agent("b", reaction: online)], cluster: cluster) { stage in
      try stage.send([stage.lookup("ann", "ann@a", body: "Hi")])
      _ = try #require(await hanging.nextCall())
      try stage.send([stage.lookup("bob", "bob@b")])
      #expect(try await stage.next(.presenceChanges).key == "bob")
    }
    let next = agent("a", reaction: online)
    try await ResolverStage.run([next, agent("b", reaction: online)], cluster: cluster) { stage in
      let request = try await stage.next(.contactRequests)
      #expect(request.key == "ann")
      #expect(request.value.map("resolution").text("state") == "online")
      #expect(next.callCount == 1)
    }
  }
}
