// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What is missing on this machine for these tests; nil where nothing is.
private let realPresenceMissing: String? =
  Stage.missing ?? EjabberdServer.missing ?? (Kcat.isInstalled ? nil : "kcat is not installed")

/// Real clients of a real XMPP server, seen through the whole worker by Kafka clients that are not ours.
@Suite(
  .enabled(if: realPresenceMissing == nil, Comment(rawValue: realPresenceMissing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct RealPresenceTests {
  /// Runs a worker whose agent `corp-xmpp` asks a private ejabberd.
  private func withServer(_ body: (EjabberdServer, Stage) async throws -> Void) async throws {
    try await EjabberdServer.run { server in
      let configuration = """
        log: {format: json}
        enricher: {commitInterval: 20ms}
        agents:
          - type: ejabberd
            name: corp-xmpp
            url: http://127.0.0.1:\(server.httpPort)/api
            claims: [{scheme: "xmpp?", domain: corp.example}]
            credentials: {user: admin@corp.example, password: {env: EJABBERD_PASSWORD}}
        """
      let stage = try await Stage.open(configuration, environment: ["EJABBERD_PASSWORD": "secret"])
      try await stage.run { try await body(server, stage) }
    }
  }

  /// Makes somebody known who has an XMPP address and a mail address.
  private func introduce(_ user: String, _ kafka: KafkaClient) async throws {
    try await kafka.send(
      "user.profiles",
      user: user,
      """
      {"user":"\(user)","displayName":"\(user.capitalized)","mail":"\(user)@mail.example",\
      "networkPresence":{"imAddress":"xmpp:\(user)@corp.example","displayName":"\(user.capitalized) X"}}
      """
    )
    let snapshot = try await kafka.first(of: "presence.snapshots", user: user)
    #expect(snapshot.text("quality") == "unknown")
    #expect(snapshot.text("state") == "offline")
  }

  /// Sends a contact request, and returns its outcome.
  private func contact(
    _ recipient: String,
    id: String,
    channel: String = "auto",
    more: String = "",
    _ kafka: KafkaClient
  ) async throws -> KafkaClient.Record {
    try await kafka.send(
      "contact.requests",
      user: recipient,
      """
      {"id":"\(id)","requester":{"user":"rob","displayName":"Rob","mail":"rob@mail.example"},\
      "recipient":"\(recipient)","channel":"\(channel)","subject":"Lunch?","requestedAt":"\(Moment.now())"\(more)}
      """
    )
    return try await kafka.first(of: "contact.outcomes", user: recipient) { $0.text("requestId") == id }
  }

  private func dispatches(_ id: String, _ kafka: KafkaClient) async throws -> [KafkaClient.Record] {
    let mails = try await kafka.all(of: "mail.dispatches") { $0.text("requestId") == id }
    return mails + (try await kafka.all(of: "im.dispatches") { $0.text("requestId") == id })
  }

  /// Asks for somebody with kcat: a bare change without a state.
  private func ask(_ user: String, _ stage: Stage) async throws {
    try await stage.kcat(
      "presence.changes",
      #"\#(user):{"user":"\#(user)","source":"portal","observedAt":"\#(Moment.now())"}"#
    )
  }

  @Test("Who is in a meeting gets mail, and an instant message once the meeting is over")
  func meeting() async throws {
    try await withServer { server, stage in
      let kafka = stage.kafka
      try await introduce("jane", kafka)
      let desk = try await server.client("jane", resource: "desk")
      try desk.send("show dnd In a meeting until 3pm")
      try await desk.expect("done show")

      // Somebody asks, and everybody sees.
      try await ask("jane", stage)
      let busy = try await kafka.first(of: "presence.snapshots", user: "jane") { $0.text("quality") == "fresh" }
      #expect(busy.text("state") == "busy")
      #expect(busy.text("statusMessage") == "In a meeting until 3pm")
      #expect(busy.text("tooltip") == "In a meeting until 3pm")
      #expect(busy.text("icon") == "presence-busy")
      #expect(busy.text("source") == "corp-xmpp")
      #expect(busy.text("imAddress") == "xmpp:jane@corp.example")
      let observedAt = try #require(Moment.parse(busy.text("observedAt")))
      let validUntil = try #require(Moment.parse(busy.text("validUntil")))
      #expect((54...66).contains(validUntil.timeIntervalSince(observedAt)), "60 s, 10 % either way")

      // A request that finds her state in the cache.
      let cached = try await contact("jane", id: "cached", kafka)
      #expect(cached.text("outcome") == "dispatched")
      #expect(cached.text("channel") == "mail")
      #expect((cached.event["trace"] as? [String])?.contains("cache hit") == true)
      let mails = try await dispatches("cached", kafka)
      #expect(mails.map { $0.text("reason") } == ["recipientBusy"])
      let mail = try #require(mails.first)
      #expect((mail.event["to"] as? [String: Any])?["mail"] as? String == "jane@mail.example")
      #expect(mail.text("mailto") == "mailto:jane@mail.example?subject=Lunch%3F")
      #expect(mail.text("dispatchId") == cached.text("dispatchId"))

      // The meeting is over.
      try desk.send("show available")
      try await desk.expect("done show")
      try await ask("jane", stage)
      let online = try await kafka.first(of: "presence.snapshots", user: "jane") { $0.text("state") == "online" }
      #expect(online.text("statusMessage") == nil)
      #expect(online.text("tooltip") == "Online")
      let outcome = try await contact("jane", id: "online", kafka)
      #expect(outcome.text("channel") == "im")
      let messages = try await dispatches("online", kafka)
      #expect(messages.map(\.topic) == ["im.dispatches"])
      let message = try #require(messages.first)
      #expect(message.text("uri")?.hasPrefix("xmpp:jane@corp.example") == true)
      #expect((message.event["to"] as? [String: Any])?["imAddress"] as? String == "xmpp:jane@corp.example")
      try await desk.stop()
    }
  }

  @Test("A request for somebody whose presence nobody knows looks it up and goes on")
  func lookUpCarriesTheRequest() async throws {
    try await withServer { server, stage in
      let kafka = stage.kafka
      try await introduce("joe", kafka)
      let phone = try await server.client("joe", resource: "phone")
      try phone.send("show dnd Deep work")
      try await phone.expect("done show")

      let outcome = try await contact("joe", id: "first", more: #","expiresInSeconds":30"#, kafka)
      #expect(outcome.text("outcome") == "dispatched")
      #expect(outcome.text("channel") == "mail")
      let presence = try #require(outcome.event["presence"] as? [String: Any])
      #expect(presence["state"] as? String == "busy")
      #expect(presence["quality"] as? String == "fresh")
      let trace = try #require(outcome.event["trace"] as? [String])
      #expect(trace.contains { $0.contains("corp-xmpp") })
      #expect(trace.contains("auto: goes to mail"))
      #expect(try await dispatches("first", kafka).map { $0.text("reason") } == ["recipientBusy"])

      // The look-up that it caused: one, with the request in it; and the answer that everybody sees.
      let lookups = try await kafka.all(of: "presence.lookups") { $0.user == "joe" }
      #expect(lookups.map { $0.text("reason") } == ["contact"])
      #expect((lookups.first?.event["contact"] as? [String: Any])?["id"] as? String == "first")
      let snapshot = try await kafka.first(of: "presence.snapshots", user: "joe") { $0.text("quality") == "fresh" }
      #expect(snapshot.text("statusMessage") == "Deep work")

      let again = try await contact("joe", id: "second", kafka)
      #expect((again.event["trace"] as? [String])?.contains("cache hit") == true)
      #expect(try await dispatches("second", kafka).map { $0.text("reason") } == ["recipientBusy"])
      #expect(try await kafka.all(of: "presence.lookups") { $0.user == "joe" }.count == 1)
      try await phone.stop()
    }
  }

  @Test("A server that hangs or is gone delays a request up to its deadline and loses none")
  func serverIsGone() async throws {
    try await withServer { server, stage in
      let kafka = stage.kafka
      try await introduce("jane", kafka)
      try await introduce("joe", kafka)

      // It takes connections and answers nobody: the look-up's time ends before the request's.
      kill(server.processID, SIGSTOP)
      let late = try await contact(
        "jane",
        id: "hanging",
        channel: "im",
        more: #","fallback":false,"expiresInSeconds":3"#,
        kafka
      )
      kill(server.processID, SIGCONT)
      #expect(late.text("outcome") == "expired")
      #expect(try await dispatches("hanging", kafka).isEmpty)
      #expect((late.event["trace"] as? [String])?.contains("im: no fallback") == true)

      try await server.stop()
      let refused = try await contact(
        "joe",
        id: "gone",
        channel: "im",
        more: #","fallback":false,"expiresInSeconds":30"#,
        kafka
      )
      #expect(["expired", "rejected"].contains(refused.text("outcome")))
      #expect(try await dispatches("gone", kafka).isEmpty)

      // With a fallback it is a mail that says why.
      let mailed = try await contact("joe", id: "fallback", channel: "im", more: #","expiresInSeconds":30"#, kafka)
      #expect(mailed.text("channel") == "mail")
      #expect(try await dispatches("fallback", kafka).map { $0.text("reason") } == ["presenceUnknown"])
      let states = try await kafka.all(of: "presence.snapshots") { ["jane", "joe"].contains($0.user) }
      #expect(states.allSatisfy { $0.text("quality") == "unknown" && $0.text("state") == "offline" })
    }
  }
}
