// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Another configuration while the worker runs.
@Suite(
  .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct ReloadTests {
  private func introduce(_ user: String, _ address: String, _ kafka: KafkaClient) async throws {
    try await kafka.send(
      "user.profiles",
      user: user,
      #"{"user":"\#(user)","networkPresence":{"imAddress":"\#(address)","displayName":"\#(user)"}}"#
    )
    _ = try await kafka.first(of: "presence.snapshots", user: user)
  }

  private func ask(_ user: String, _ kafka: KafkaClient) async throws {
    try await kafka.send(
      "presence.changes",
      user: user,
      #"{"user":"\#(user)","source":"portal","observedAt":"\#(Moment.now())"}"#
    )
  }

  /// Asks for somebody and waits until this state is published.
  private func expect(_ state: String, of user: String, source: String, _ kafka: KafkaClient) async throws {
    try await ask(user, kafka)
    let snapshot = try await kafka.first(of: "presence.snapshots", user: user) { $0.text("source") == source }
    #expect(snapshot.text("state") == state)
  }

  @Test("SIGHUP brings other agents, another connection and other values; nothing under way is lost")
  func reload() async throws {
    let server = try await AgentServer()
    func configuration(_ agent: String, active: String, more: String = "") -> String {
      """
      log: {format: json}
      enricher: {commitInterval: 20ms}
      agents:
        - {\(agent), claims: [{domain: chat.example}]}
      enterprise:
        active: \(active)
        connections:
          - {\(server.connection("emea", "away"))}
          - {\(server.connection("us", "busy"))}
      \(more)
      """
    }
    let stage = try await Stage.open(configuration(server.agent("old", "online"), active: "emea"))
    let kafka = stage.kafka
    try await stage.run(provoking: "Keys were changed that take a restart; they stay as they were") {
      for user in ["ann", "bob"] { try await introduce(user, "\(user)@chat.example", kafka) }
      try await introduce("eve", "eve@corp.example", kafka)
      try await expect("online", of: "ann", source: "old", kafka)
      try await expect("away", of: "eve", source: "emea", kafka)

      try await server.hold("online")
      try await ask("bob", kafka)
      try await server.asked("/online/bob")
      try stage.worker.reload(
        configuration(server.agent("new", "busy"), active: "us", more: "roles: [enrich]\npresence: {interest: 10m}")
      )
      let line = try await stage.worker.log("Configuration reloaded")
      #expect(line.metadata["changed"] == "presence.interest, agents, enterprise")
      let warning = try await stage.worker.log("Keys were changed that take a restart; they stay as they were")
      #expect(warning.metadata["keys"] == "roles")

      try await expect("busy", of: "ann", source: "new", kafka)
      try await expect("busy", of: "eve", source: "us", kafka)
      try await server.release("online")
      let bob = try await kafka.first(of: "presence.snapshots", user: "bob") { $0.text("source") == "old" }
      #expect(bob.text("state") == "online", "the agent before answers what it was asked")
      try await expect("busy", of: "bob", source: "new", kafka)
    }
    try await server.close()
  }

  @Test("A configuration with anything wrong in it is refused whole, all of it said, and the one before stays")
  func refusal() async throws {
    let server = try await AgentServer()
    let good = """
      log: {format: json}
      enricher: {commitInterval: 20ms}
      agents: [{\(server.agent("a", "online")), claims: [{domain: chat.example}]}]
      """
    let worker = try WorkerProcess(["run", "--embedded"], configuration: good)
    let broker = try await worker.log("Embedded broker: at-least-once, nothing on disk")
    let kafka = try await KafkaClient(bootstrapServers: try #require(broker.metadata["bootstrapServers"]))
    try await worker.log("State restored")
    try await introduce("ann", "ann@chat.example", kafka)

    try worker.reload(
      good.replacing("online\"", with: "x\"").replacing("name: a", with: "name: \"a b\"")
        + "\npresence: {interest: 10}\n"
    )
    try await worker.log("Configuration refused; the worker goes on with the one before")
    let problems = worker.complaints.compactMap { $0.metadata["problem"] }
    #expect(problems.contains { $0.contains("presence.interest") })
    #expect(problems.contains { $0.contains("agents[0].name") })
    try await expect("online", of: "ann", source: "a", kafka)

    try worker.reload("agents: [")
    try await worker.log("Configuration refused; the worker goes on with the one before")
    try worker.reload(
      good.replacing("name: a,", with: "name: a, credentials: {user: u, password: {file: /nowhere/at/all}},")
    )
    try await worker.log("Configuration refused; the worker goes on with the one before")
    #expect(worker.complaints.contains { $0.metadata["problem"]?.contains("agents[0].credentials") == true })
    try await expect("online", of: "ann", source: "a", kafka)

    try worker.reload(good.replacing("format: json", with: "format: json, level: debug"))
    #expect(try await worker.log("Configuration reloaded").metadata["changed"] == "log.level")
    try await kafka.close()
    worker.signal(SIGTERM)
    #expect(try await worker.waitUntilExit() == .status(0))
    #expect(worker.transcript.contains { $0.contains(#""level":"debug""#) })
    try await server.close()
  }
}
