// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// How the worker's process begins and ends.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct LifeCycleTests {
  @Test("A signal ends the worker with status 0, whatever it is doing", arguments: [SIGTERM, SIGINT])
  func signals(_ number: Int32) async throws {
    let worker = try WorkerProcess(["run", "--embedded"], configuration: "log: {format: json}")
    try await worker.log("State restored")
    worker.signal(number)
    try await worker.log("Stopped")
    #expect(try await worker.waitUntilExit() == .status(0))
    #expect(worker.complaints.isEmpty)
  }

  @Test("A signal that comes while the worker joins its group ends it, too")
  func signalWhileJoining() async throws {
    let worker = try WorkerProcess(["run", "--embedded"], configuration: "log: {format: json, level: debug}")
    try await worker.log("Starting service")
    worker.signal(SIGTERM)
    #expect(try await worker.waitUntilExit() == .status(0))
  }

  @Test(
    "A worker that is stopped amid its work hands over: nothing is lost, nothing doubled, versions go on",
    .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? ""))
  )
  func handover() async throws {
    // A worker that only resolves is the broker of the others, so that it outlives them.
    let broker = try WorkerProcess(
      ["run", "--embedded", "--embedded-partitions", "\(Stage.partitions)", "--set", "roles=resolve"],
      configuration: "log: {format: json}"
    )
    let line = try await broker.log("Embedded broker: at-least-once, nothing on disk")
    let bootstrapServers = try #require(line.metadata["bootstrapServers"])
    let kafka = try await KafkaClient(bootstrapServers: bootstrapServers)
    let users = (0..<20).map { "user\($0)" }
    func round(_ number: Int, _ state: String) async throws {
      for user in users {
        try await kafka.send(
          "presence.changes",
          user: user,
          #"{"user":"\#(user)","source":"gateway","state":"\#(state)","observedAt":"\#(Moment.now())","sequence":\#(number)}"#
        )
      }
    }
    func startWorker() throws -> WorkerProcess {
      try WorkerProcess(
        ["run", "--bootstrap-servers", bootstrapServers],
        configuration: """
          roles: [enrich]
          log: {format: json}
          enricher: {delivery: at-least-once, coalesce: false, commitInterval: 50ms, drainBudget: 1s, \
          transactionTimeout: 3s, sessionTimeout: 6s}
          """
      )
    }

    let states = ["online", "busy", "away", "online", "offline"]
    let first = try startWorker()
    try await first.log("State restored")
    for number in 0..<3 { try await round(number, states[number]) }
    _ = try await kafka.first(of: "presence.snapshots") { _ in true }
    first.signal(SIGTERM)
    #expect(try await first.waitUntilExit() == .status(0))

    let second = try startWorker()
    try await second.log("State restored")
    for number in 3..<5 { try await round(number, states[number]) }
    for user in users {
      _ = try await kafka.first(of: "presence.snapshots", user: user) { $0.event["version"] as? Int == 5 }
    }
    let snapshots = try await kafka.all(of: "presence.snapshots")
    for user in users {
      let seen = snapshots.filter { $0.user == user }
      #expect(seen.map { $0.text("state") } == states, "\(user)")
      #expect(seen.map { $0.event["version"] as? Int } == [1, 2, 3, 4, 5], "\(user)")
    }
    try await kafka.close()
    for worker in [second, broker] {
      worker.signal(SIGTERM)
      #expect(try await worker.waitUntilExit() == .status(0))
    }
  }

  @Test("Without a broker the worker keeps trying, says so, and can be stopped")
  func brokerIsAway() async throws {
    let worker = try WorkerProcess(
      ["run", "--bootstrap-servers", "127.0.0.1:1", "--set", "enricher.delivery=at-least-once"],
      configuration: "log: {format: json}"
    )
    for _ in 0..<2 {
      let complaint = try await worker.log("The spaces cannot be read; trying again")
      #expect(complaint.level == "warning")
      #expect(complaint.metadata["error"]?.isEmpty == false)
    }
    worker.signal(SIGTERM)
    #expect(try await worker.waitUntilExit() == .status(0))
  }

  @Test("A wrong configuration ends the worker with status 78 and all that is wrong")
  func wrongConfiguration() async throws {
    let worker = try WorkerProcess(
      ["run", "--set", "enricher.lanes=many"],
      configuration: """
        enricher: {commitInterval: 100, coalesced: false}
        kafka: {properties: {enable.auto.commit: true}}
        """,
      environment: ["PRESENCE_PRESENCE_POLICY": "loudest"]
    )
    #expect(try await worker.waitUntilExit() == .status(78))
    let text = worker.transcript.joined(separator: "\n")
    for part in [
      "enricher.lanes", "many", "enricher.commitInterval", "100", "enricher.coalesced", "enable.auto.commit",
      "presence.policy", "loudest",
    ] { #expect(text.contains(part), "\(part) in:\n\(text)") }
  }

  @Test("A wrong agent ends the worker with status 78, its problems beside those of the keys")
  func wrongAgents() async throws {
    let worker = try WorkerProcess(
      ["run"],
      configuration: """
        enricher: {lanes: 0}
        agents:
          - {type: ejabberd, name: "a b", url: "ftp://x"}
          - {type: telepathy, name: t}
        """
    )
    #expect(try await worker.waitUntilExit() == .status(78))
    let text = worker.transcript.joined(separator: "\n")
    for part in ["enricher.lanes", "agents[0].name", "agents[0].url", "ftp://x", "agents[1].type", "telepathy"] {
      #expect(text.contains(part), "\(part) in:\n\(text)")
    }
  }
}
