// SPDX-License-Identifier: Apache-2.0

import Foundation
import Operations
import TestSupport
import Testing

@testable import presence_worker

/// What is missing on this machine for these tests; nil where nothing is.
private let operationsMissing: String? =
  Stage.missing ?? PrometheusServer.missing
  ?? (FileManager.default.isExecutableFile(atPath: "/usr/bin/curl") ? nil : "curl is not installed")

/// The worker as operators see it: scraped, asked for its health, and read in its log.
@Suite(
  .enabled(if: operationsMissing == nil, Comment(rawValue: operationsMissing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct OperationsTests {
  private static let token = "t0ken"
  private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  /// Runs a worker with an agent whose network does not answer; returns what it has logged.
  @discardableResult
  private func withWorker(
    level: String = "info",
    _ body: (Stage, _ url: String) async throws -> Void
  ) async throws -> String {
    let configuration = """
      log: {format: json, level: \(level)}
      roles: [enrich, resolve, bridge]
      enricher: {commitInterval: 20ms, coalesce: false}
      kafka: {properties: {statistics.interval.ms: 200}}
      http: {port: 0}
      agents:
        - type: url
          name: dead
          url: "http://127.0.0.1:1/presence/{address}"
          claims: [{domain: dead.example}]
          state: {json: /state, values: {free: online}}
          launch: {client: Gajim, prefix: "xmpp:", part: body}
        - type: xmpp
          name: silent
          server: "127.0.0.1:1"
          components: [portal.silent.example]
          claims: [{domain: silent.example}]
          credentials: {token: {env: PRESENCE_HTTP_TOKEN}}
      """
    let worker = try WorkerProcess(
      ["run", "--embedded", "--embedded-partitions", "\(Stage.partitions)"],
      configuration: configuration,
      environment: ["PRESENCE_HTTP_TOKEN": Self.token]
    )
    do {
      let broker = try await worker.log("Embedded broker: at-least-once, nothing on disk")
      let bootstrapServers = try #require(broker.metadata["bootstrapServers"])
      let listening = try await worker.log("Listening for HTTP")
      let port = try #require(listening.metadata["port"])
      try await worker.log("State restored")
      let kafka = try await KafkaClient(bootstrapServers: bootstrapServers)
      let stage = Stage(worker: worker, kafka: kafka, bootstrapServers: bootstrapServers)
      try await body(stage, "http://127.0.0.1:\(port)")
      try await kafka.close()
    } catch {
      worker.signal(SIGKILL)
      throw error
    }
    worker.signal(SIGTERM)
    #expect(try await worker.waitUntilExit() == .status(0))
    return worker.transcript.joined(separator: "\n")
  }

  /// Sends inputs of every kind; returns when all of them have come to their end.
  private func sendInputs(_ kafka: KafkaClient) async throws {
    func change(_ user: String, _ fields: String) async throws {
      let trace = [KafkaClient.Header("traceparent", Self.trace), .init("tracestate", "vendor=1")]
      try await kafka.send("presence.changes", user: user, #"{"user":"\#(user)",\#(fields)}"#, headers: trace)
    }
    func push(_ user: String, _ state: String, _ sequence: Int) async throws {
      let fields = #""source":"gw","imAddress":"sip:\#(user)@corp.example","state":"\#(state)","#
      try await change(
        user,
        fields + #""observedAt":"\#(Moment.now(plus: Double(sequence) - 10))","sequence":\#(sequence)"#
      )
    }
    func contact(_ id: String, _ recipient: String, _ channel: String) async throws {
      let request = """
        {"id":"\(id)","requester":{"user":"rob","mail":"rob@secret.example"},"recipient":"\(recipient)",\
        "channel":"\(channel)","subject":"Hush","body":"Very private","requestedAt":"\(Moment.now())"}
        """
      let trace = [KafkaClient.Header("traceparent", Self.trace)]
      try await kafka.send("contact.requests", user: recipient, request, headers: trace)
    }
    for user in ["ann", "bob", "cyd"] {
      let profile = #"{"user":"\#(user)","displayName":"\#(user) Secret","mail":"\#(user)@secret.example"}"#
      try await kafka.send("user.profiles", user: user, profile)
      try await push(user, "online", 1)
      try await push(user, "busy", 2)
      try await push(user, "busy", 2)
      try await push(user, "away", 1)
    }
    let network = #"{"user":"dan","mail":"dan@secret.example","networkPresence":{"imAddress":"dan@dead.example"}}"#
    try await kafka.send("user.profiles", user: "dan", network)
    for user in ["ann", "dan"] {
      _ = try await kafka.first(of: "presence.snapshots", user: user) {
        ($0.event["actions"] as? [String])?.contains("sendMail") == true
      }
    }
    try await contact("r1", "ann", "mail")
    try await contact("r1", "ann", "mail")
    try await contact("r2", "nobody", "mail")
    try await contact("r3", "dan", "auto")
    try await change("bob", #""source":"gw","state":"Hush-hush","observedAt":"\#(Moment.now())""#)
    try await kafka.send("user.profiles", user: "cyd", #"{"user":"cyd","mail":7}"#)
    for (id, user) in [("r1", "ann"), ("r2", "nobody"), ("r3", "dan")] {
      _ = try await kafka.first(of: "contact.outcomes", user: user) { $0.text("requestId") == id }
    }
    for user in ["bob", "cyd"] { _ = try await kafka.first(of: "presence.dead-letters", user: user) }
  }

  @Test("A real Prometheus scrapes the worker, and its queries give what was put in")
  func scraped() async throws {
    try await withWorker { stage, url in
      try await sendInputs(stage.kafka)
      let address = String(url.dropFirst("http://".count))
      try await PrometheusServer.run(scraping: address, token: Self.token) { prometheus in
        let events = "sum(presence_worker_events_total)"
        // 12 pushes and a bad one, 4 profiles and a bad one, 4 requests; the look-up of r3 comes back as an answer and
        // as a request.
        let expected: [(String, Double)] = [
          (events, 24),
          (#"presence_worker_events_total{kind="push",outcome="applied"}"#, 6),
          (#"presence_worker_events_total{kind="push",outcome="repeated"}"#, 3),
          (#"presence_worker_events_total{kind="push",outcome="older"}"#, 3),
          (#"presence_worker_events_total{kind="profile",outcome="applied"}"#, 4),
          (#"presence_worker_events_total{kind="answer",outcome="failed"}"#, 1),
          (#"presence_worker_events_total{kind="request",outcome="decided"}"#, 2),
          (#"presence_worker_events_total{kind="request",outcome="repeated"}"#, 1),
          (#"presence_worker_events_total{kind="request",outcome="waiting"}"#, 1),
          (#"presence_worker_events_total{kind="returnedRequest",outcome="decided"}"#, 1),
          (#"sum(presence_worker_dead_letters_total{role="enrich"})"#, 2),
          (#"presence_worker_contact_outcomes_total{outcome="rejected",reason="noSuchUser"}"#, 1),
          (#"presence_worker_contact_outcomes_total{outcome="dispatched"}"#, 2),
          (#"presence_worker_dispatches_total{channel="mail",reason="requested"}"#, 1),
          (#"presence_worker_dispatches_total{channel="mail",reason="presenceUnknown"}"#, 1),
          ("sum(presence_worker_users)", 4),
          ("sum(presence_worker_lag_records)", 0),
          ("count(presence_worker_lag_records)", Double(4 * Stage.partitions)),
          (#"sum(presence_worker_lookup_duration_seconds_count{agent="dead"})"#, 1),
          ("presence_worker_presence_age_seconds_count", 6),
          (#"presence_worker_presence_age_seconds_bucket{le="5.0"}"#, 0),
          ("presence_worker_ready", 1),
          ("presence_worker_live", 1),
          ("up", 1),
          (#"max(presence_worker_kafka_broker_up{owner="lane-0",client="producer"})"#, 1),
        ]
        // Each turn of the loop is an answer of Prometheus, which has a new scrape each second; what is not right after
        // hundreds of them will not be.
        var wrong = expected
        var seen: Double?
        for _ in 0..<1_000 {
          guard let (query, value) = wrong.last else { break }
          seen = try await prometheus.number(query)
          if seen == value { wrong.removeLast() }
        }
        if let (query, value) = wrong.last {
          Issue.record("\(query) is \(seen.map { "\($0)" } ?? "not one number") and should be \(value)")
        }
        let latency = try await prometheus.number(
          "histogram_quantile(0.99, presence_worker_transaction_duration_seconds_bucket)"
        )
        #expect(latency != nil)
      }
      let page = try await HTTPAnswer.get(url + "/metrics", token: Self.token).body
      #expect(try await PrometheusServer.lint(page) == "")
      try checkAgainstReference(page)
      for secret in ["\"ann\"", "\"dan\"", "secret", "Hush", "corp.example", "dead.example"] {
        let isThere = page.contains(secret)
        #expect(!isThere, "\(secret)")
      }
    }
  }

  /// Everything that is scraped is declared, and everything that is declared is scraped, but for what only a restore in
  /// progress or a forged stanza has.
  private func checkAgainstReference(_ page: String) throws {
    var types: [String: String] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      types[String(words[2])] = String(words[3])
    }
    let declared = Dictionary(uniqueKeysWithValues: WorkerMetric.all.map { ($0.name, $0.kind.rawValue) })
    for (name, type) in types { #expect(declared[name] == type, "\(name) is not declared so") }
    let rare: Set = [
      "presence_worker_restore_read_records", "presence_worker_restore_expected_records",
      "presence_worker_bridge_refusals_total",
    ]
    #expect(Set(declared.keys).subtracting(types.keys) == rare)
  }

  @Test("Health, status and agents say how the worker is; without the token only health does")
  func asked() async throws {
    try await withWorker { stage, url in
      for path in ["live", "started"] {
        let answer = try await HTTPAnswer.get(url + "/health/\(path)")
        #expect(answer.status == 200, "\(answer.body)")
      }
      for path in ["metrics", "status", "agents"] {
        let answer = try await HTTPAnswer.get(url + "/\(path)")
        #expect(answer.status == 401)
      }
      let status = try await HTTPAnswer.get(url + "/status", token: Self.token)
      let fields = try #require(try JSONSerialization.jsonObject(with: Data(status.body.utf8)) as? [String: Any])
      #expect(fields["version"] as? String == WorkerVersion.current)
      #expect((fields["lanes"] as? [[String: Any]])?.count == 1)
      let agents = try await HTTPAnswer.get(url + "/agents", token: Self.token)
      #expect(agents.body.contains(#""name" : "dead""#))
    }
  }

  @Test(
    "`presence-worker health` needs neither curl nor the token: 0 is yes, 75 is no with the reasons, 69 nobody there"
  )
  func healthCommand() async throws {
    func ask(_ question: String, port: String, expecting status: Int32) async throws -> String {
      let command = try WorkerProcess(["health", question, "--port", port])
      #expect(try await command.waitUntilExit() == .status(status), "\(question): \(command.transcript)")
      return command.transcript.joined(separator: "\n")
    }
    try await withWorker { _, url in
      let port = "\(try #require(URL(string: url)?.port))"
      // The lanes say how they are four times a second.
      while try await HTTPAnswer.get(url + "/health/ready").status != 200 {}
      for question in ["live", "ready", "started"] {
        #expect(try await ask(question, port: port, expecting: 0) == "\(question): yes")
      }
    }
    let alone = try WorkerProcess(
      ["run", "--bootstrap-servers", "127.0.0.1:1"],
      configuration: "log: {format: json}\nhttp: {port: 0}\n"
    )
    let port = try #require(try await alone.log("Listening for HTTP").metadata["port"])
    #expect(try await ask("live", port: port, expecting: 0) == "live: yes")
    #expect(try await ask("ready", port: port, expecting: 75).contains("the spaces have not been read yet"))
    alone.signal(SIGTERM)
    #expect(try await alone.waitUntilExit() == .status(0))
    #expect(try await ask("live", port: port, expecting: 69).contains("no answer from http://127.0.0.1:\(port)/"))
  }

  @Test("At its most talkative the worker logs nothing of what events say, hostile or personal")
  func nothingPersonalIsLogged() async throws {
    let transcript = try await withWorker(level: "trace") { stage, _ in
      try await sendInputs(stage.kafka)
      let hostile = "evil\u{1B}[2J\nFAKE level=error"
      try await stage.kafka.produce("presence.changes", key: Array(hostile.utf8), value: Array(#"{"user":""#.utf8))
      _ = try await stage.kafka.first(of: "presence.dead-letters", user: hostile)
    }
    #expect(transcript.contains("Starting"))
    let personal = ["secret.example", "dan@", "Secret", "Hush", "private", "evil", "FAKE", "@corp.example", "\u{1B}"]
    for text in personal { #expect(!transcript.contains(text), "\(text)") }
    #expect(!transcript.contains(Self.token), "the token is a secret")
  }

  @Test("A trace goes from an input into everything that it causes: look-ups, answers, outcomes, dead letters")
  func traces() async throws {
    try await withWorker { stage, _ in
      let kafka = stage.kafka
      try await sendInputs(kafka)
      func expectTrace(_ topic: String, _ user: String) async throws {
        let records = try await kafka.all(of: topic) { $0.user == user && $0.header("traceparent") == Self.trace }
        #expect(!records.isEmpty, "\(topic) of \(user)")
      }
      try await expectTrace("presence.snapshots", "ann")
      try await expectTrace("contact.outcomes", "ann")
      try await expectTrace("mail.dispatches", "ann")
      try await expectTrace("presence.lookups", "dan")
      try await expectTrace("presence.changes", "dan")
      try await expectTrace("contact.outcomes", "dan")
      try await expectTrace("mail.dispatches", "dan")
      try await expectTrace("presence.dead-letters", "bob")
      let returned = try await kafka.all(of: "contact.requests") { $0.user == "dan" && $0.event["resolution"] != nil }
      #expect(returned.map { $0.header("traceparent") } == [Self.trace])
      let states = try await kafka.all(of: "presence.snapshots") { $0.user == "ann" && $0.header("tracestate") != nil }
      #expect(Set(states.map { $0.header("tracestate") }) == ["vendor=1"])
      // A tombstone carries the trace of what deleted the user.
      try await kafka.produce(
        "user.profiles",
        key: Array("ann".utf8),
        value: nil,
        headers: [.init("traceparent", Self.trace)]
      )
      let tombstone = try await kafka.first(of: "presence.snapshots", user: "ann") { $0.value == nil }
      #expect(tombstone.header("traceparent") == Self.trace)
    }
  }

  @Test("A port that is taken ends the worker with status 69 and the port")
  func portIsTaken() async throws {
    try await withWorker { _, url in
      let port = try #require(URL(string: url)?.port)
      let second = try WorkerProcess(
        ["run", "--embedded", "--set", "http.port=\(port)"],
        configuration: "log: {format: json}"
      )
      #expect(try await second.waitUntilExit() == .status(69))
      #expect(second.transcript.joined().contains("127.0.0.1:\(port): another process listens there"))
    }
  }
}
