// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import TestSupport
import Testing

@testable import Agents

/// The SIP agent and its subscriptions against a real Kamailio, to which sipp publishes.
@Suite(
  .enabled(if: KamailioServer.missing == nil, Comment(rawValue: KamailioServer.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct KamailioTests {
  private static let open = "<basic>open</basic>"
  private static let closed = "<basic>closed</basic>"

  private static func document(_ activity: String?, note: String? = nil, basic: String = open) -> String {
    let activities = activity.map { "<rpid:activities><rpid:\($0)/></rpid:activities>" } ?? ""
    let text = note.map { "<dm:note>\($0)</dm:note>" } ?? ""
    return """
      <?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" \
      xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" \
      entity="sip:jane@corp.example"><tuple id="t1"><status>\(basic)</status></tuple>\
      <dm:person id="p1">\(activities)\(text)</dm:person></presence>
      """
  }

  /// The agents of a configuration for a server, with the password in a file.
  private static func configuration(
    _ server: KamailioServer,
    _ transport: String,
    host: String? = nil,
    password: String = "secret",
    _ body: ([AgentConfiguration]) async throws -> Void
  ) async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("sip-\(UUID()).password")
    try Data("\(password)\n".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }  // a temporary file
    let isTLS = transport == "tls"
    let place = "\(host ?? (isTLS ? "localhost" : "127.0.0.1")):\(isTLS ? server.tlsPort : server.port)"
    try await body(
      try configurations(
        """
        - type: sip-simple
          name: sip
          server: "sip:\(place);transport=\(transport)"
          userDomain: corp.example
          claims: [{scheme: "sip?", domain: corp.example}]
          credentials: {user: portal, password: {file: "\(file.path)"}}
          \(isTLS ? "tls: {caFile: \"\(server.authority)\"}" : "")
        """
      )
    )
  }

  @Test(
    "What a real client publishes is what the agent says",
    arguments: [("udp", "MD5"), ("tcp", "SHA-256"), ("tls", "MD5")]
  )
  func fetch(transport: String, algorithm: String) async throws {
    try await KamailioServer.run(algorithm: algorithm) { server in
      try await Self.configuration(server, transport) { configurations in
        let set = try AgentFactory.make(configurations)
        let agent = set.agents[0]
        #expect(try await agent.presence(of: "sip:jane@corp.example") == nil)
        let tag = try await server.publish(Self.document("meeting", note: "In a meeting"), for: "jane")
        let busy = AgentAnswer(.busy, message: "In a meeting")
        #expect(try await agent.presence(of: "sip:jane@corp.example") == busy)
        #expect(try await agent.presence(of: "jane@Corp.example") == busy)
        let away = try await server.publish(Self.document("lunch"), for: "jane", replacing: tag)
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.away))
        _ = try await server.publish(Self.document(nil, basic: Self.closed), for: "jane", replacing: away)
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.offline))
        #expect(try await agent.presence(of: "joe@corp.example") == nil)
        #expect(await agent.health() == .ready)
        try await set.shutdown()
      }
    }
  }

  @Test("A wrong password is told as such, and nothing is made up")
  func wrongPassword() async throws {
    try await KamailioServer.run { server in
      try await Self.configuration(server, "tcp", password: "guessed") { configurations in
        let set = try AgentFactory.make(configurations)
        let error = await #expect(throws: AgentError.self) {
          try await set.agents[0].presence(of: "sip:jane@corp.example")
        }
        #expect(error?.code == .unauthorized)
        try await set.shutdown()
      }
    }
  }

  @Test(
    "Changes arrive by themselves; a server that restarts, with its memory or without, is no news",
    arguments: ["udp", "tcp", "tls"]
  )
  func subscription(transport: String) async throws {
    try await KamailioServer.run { server in
      try await Self.configuration(server, transport) { configurations in
        var settings = try #require(try Self.settings(configurations[0]))
        settings.expires = .seconds(4)  // so that a refresh comes soon
        let subscriber = try SIPSubscriber(settings)
        try await LiveStage.run(subscriber) { stage in
          subscriber.watch([.jane])
          let first = try await server.publish(Self.document("meeting", note: "In a meeting"), for: "jane")
          let reading = try await stage.reading(.busy)
          #expect(reading.statusMessage == "In a meeting")
          #expect((1...4).contains(reading.leaseSeconds))
          let second = try await server.publish(Self.document("lunch"), for: "jane", replacing: first)
          try await stage.reading(.away)

          try await server.restart()
          let third = try await server.publish(Self.document("working"), for: "jane", replacing: second)
          try await stage.reading(.online)

          try await server.restart(forgetting: true)
          _ = try await server.publish(Self.document("meeting"), for: "jane")
          try await stage.reading(.busy)
          #expect(!third.isEmpty)
          #expect(!stage.states.contains(.offline))
          #expect(subscriber.status.isConnected)
          #expect(subscriber.status.active == 1)
        }
        #expect(subscriber.status.refusals[SIPRefusal.malformedMessage.rawValue] == nil)
      }
    }
  }

  private static func settings(_ configuration: AgentConfiguration) throws -> SIPSettings? {
    let findings = ConfigurationReader.Findings()
    let blueprint = AgentBlueprint(configuration, path: "agents[0]", isEnterprise: false, findings)
    guard let sip = blueprint?.settings as? SIPAgentConfiguration else { return nil }
    var settings = sip.settings
    settings.credentials = try sip.common.credentials.resolve()
    return settings
  }

  @Test("A certificate that is not for the host, or of an unknown authority, is refused, counted and told")
  func certificates() async throws {
    try await KamailioServer.run { server in
      for (host, hasAuthority) in [("127.0.0.1", true), ("localhost", false)] {
        try await Self.configuration(server, "tls", host: host) { configurations in
          var settings = try #require(try Self.settings(configurations[0]))
          if !hasAuthority { settings.tls.caFile = nil }
          let subscriber = try SIPSubscriber(settings)
          try await LiveStage.run(subscriber) { stage in
            subscriber.watch([.jane])
            let error = try await stage.loss()
            #expect(error.code == .connectionFailed)
            #expect(error.message == "The presence server's certificate is not trusted.")
            #expect((subscriber.status.refusals[SIPRefusal.certificate.rawValue] ?? 0) > 0)
            #expect(stage.states.isEmpty)
          }
        }
      }
    }
  }
}
