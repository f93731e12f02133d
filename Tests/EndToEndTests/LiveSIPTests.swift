// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// What is missing on this machine for these tests; nil where nothing is.
private let liveSIPMissing: String? = Stage.missing ?? KamailioServer.missing

/// What sipp publishes to a real Kamailio arrives by itself: server, bridge, enricher, snapshot.
@Suite(
  .enabled(if: liveSIPMissing == nil, Comment(rawValue: liveSIPMissing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct LiveSIPTests {
  /// What a worker complains of when its network goes away.
  private static let lost = "Network lost; what it said holds until its leases lapse"

  /// A document of RFC 3863 and RFC 4480.
  static func document(_ activity: String, note: String) -> String {
    """
    <?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" \
    xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" \
    entity="sip:jane@corp.example"><tuple id="t1"><status><basic>open</basic></status></tuple>\
    <dm:person id="p1"><rpid:activities><rpid:\(activity)/></rpid:activities><dm:note>\(note)</dm:note></dm:person>\
    </presence>
    """
  }

  @Test("A publication reaches the snapshot by itself, of an enterprise connection; a restart makes nobody offline")
  func restart() async throws {
    try await KamailioServer.run(algorithm: "SHA-256") { server in
      let stage = try await Stage.open(
        """
        log: {format: json}
        roles: [enrich, bridge]
        enricher: {commitInterval: 20ms, sessionTimeout: 6s, transactionTimeout: 4s, drainBudget: 2s}
        enterprise:
          active: office
          applications: {portal: {user: portal, password: {env: SIP_PASSWORD}}}
          connections:
            - name: office
              adapter: sip-simple
              server: "sip:localhost:\(server.tlsPort);transport=tls"
              userDomain: corp.example
              externalApplication: portal
              timeout: -1
              tls: {caFile: "\(server.authority)"}
        """,
        environment: ["SIP_PASSWORD": "secret"]
      )
      try await stage.run(provoking: Self.lost) {
        let kafka = stage.kafka
        func publish(_ activity: String, _ note: String, replacing tag: String?) async throws -> (String, String?) {
          let next = try await server.publish(Self.document(activity, note: note), for: "jane", replacing: tag)
          let snapshot = try await kafka.first(of: "presence.snapshots", user: "jane") {
            $0.text("statusMessage") == note
          }
          #expect(snapshot.text("source") == "office")
          return (next, snapshot.text("state"))
        }
        try await kafka.send(
          "user.profiles",
          user: "jane",
          #"{"user":"jane","networkPresence":{"imAddress":"sip:jane@corp.example","displayName":"Jane"}}"#
        )
        _ = try await kafka.first(of: "presence.snapshots", user: "jane")
        let busy = try await publish("meeting", "In a meeting until 3pm", replacing: nil)
        #expect(busy.1 == "busy")
        let away = try await publish("lunch", "At lunch", replacing: busy.0)
        #expect(away.1 == "away")

        try await server.restart()
        let online = try await publish("working", "Back again", replacing: away.0)
        #expect(online.1 == "online")
        try await server.restart(forgetting: true)
        let again = try await publish("on-the-phone", "On a call", replacing: nil)
        #expect(again.1 == "busy")

        let snapshots = try await kafka.all(of: "presence.snapshots") { $0.user == "jane" }
        let states = snapshots.compactMap { $0.text("state") }
        let present = try #require(states.firstIndex(of: "busy"))
        #expect(!states[present...].contains("offline"))
        #expect(try await kafka.all(of: "presence.lookups").isEmpty, "nobody was asked")
      }
    }
  }
}
