// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// What is missing on this machine for these tests; nil where nothing is.
private let switchMissing: String? = Stage.missing ?? KamailioServer.missing

/// Two enterprise connections to a real Kamailio, of which SIGHUP makes the other the active one.
@Suite(
  .enabled(if: switchMissing == nil, Comment(rawValue: switchMissing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct EnterpriseSwitchTests {
  private func configuration(_ server: KamailioServer, active: String) -> String {
    func connection(_ name: String, _ transport: String) -> String {
      """
      - {name: \(name), adapter: sip-simple, server: "sip:127.0.0.1:\(server.port);transport=\(transport)", \
      userDomain: corp.example, externalApplication: portal, timeout: 60s}
      """
    }
    return """
      log: {format: json}
      roles: [enrich, bridge]
      enricher: {commitInterval: 20ms}
      enterprise:
        active: \(active)
        applications: {portal: {user: portal, password: {env: SIP_PASSWORD}}}
        connections:
          \(connection("emea", "tcp"))
          \(connection("us", "udp"))
      """
  }

  private func snapshot(_ message: String, _ kafka: KafkaClient) async throws -> KafkaClient.Record {
    try await kafka.first(of: "presence.snapshots", user: "jane") { $0.text("statusMessage") == message }
  }

  @Test("Another active connection takes over without a restart, and nobody is offline in between")
  func another() async throws {
    try await KamailioServer.run { server in
      let stage = try await Stage.open(
        configuration(server, active: "emea"),
        environment: ["SIP_PASSWORD": "secret"]
      )
      try await stage.run {
        let kafka = stage.kafka
        try await kafka.send(
          "user.profiles",
          user: "jane",
          #"{"user":"jane","enterpriseAddress":"sip:jane@corp.example"}"#
        )
        let meeting = try await server.publish(LiveSIPTests.document("meeting", note: "In a meeting"), for: "jane")
        let busy = try await snapshot("In a meeting", kafka)
        #expect(busy.text("state") == "busy")
        #expect(busy.text("source") == "emea")

        try stage.worker.reload(configuration(server, active: "us"))
        try await stage.worker.log("Configuration reloaded")
        let document = LiveSIPTests.document("meeting", note: "Again")
        _ = try await server.publish(document, for: "jane", replacing: meeting)
        let again = try await snapshot("Again", kafka)
        #expect(again.text("state") == "busy")
        #expect(again.text("source") == "us")

        let snapshots = try await kafka.all(of: "presence.snapshots") { $0.user == "jane" && $0.offset > busy.offset }
        #expect(!snapshots.contains { $0.text("state") == "offline" })
        #expect(try await kafka.all(of: "presence.lookups").isEmpty, "nobody was asked")
      }
    }
  }
}
