// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import Foundation
import PresenceModel
import TestSupport
import Testing

@testable import Agents

@Suite(
  .enabled(if: EjabberdServer.missing == nil, Comment(rawValue: EjabberdServer.missing ?? "")),
  .timeLimit(.minutes(20))
)
struct EjabberdServerTests {
  @Test("What real clients say to a real ejabberd is what the agent says of them")
  func realPresence() async throws {
    try await EjabberdServer.run { server in
      let password = FileManager.default.temporaryDirectory.appendingPathComponent("ejabberd-\(UUID()).password")
      try Data("secret\n".utf8).write(to: password)
      defer { try? FileManager.default.removeItem(at: password) }
      let set = try AgentFactory.make(
        try configurations(
          """
          - type: ejabberd
            name: corp-xmpp
            url: http://127.0.0.1:\(server.httpPort)/api
            http: {connectTimeout: 1m}
            claims: [{scheme: "xmpp?", domain: corp.example}]
            credentials: {user: admin@corp.example, password: {file: "\(password.path)"}}
          """
        )
      )
      let agent = set.agents[0]
      #expect(try await agent.presence(of: "xmpp:jane@corp.example") == AgentAnswer(.offline))

      let desk = try await server.client("jane", resource: "desk")
      #expect(try await agent.presence(of: "xmpp:jane@corp.example") == AgentAnswer(.online))
      try desk.send("show away Lunch")
      try await desk.expect("done show")
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.away, message: "Lunch"))

      let phone = try await server.client("jane", resource: "phone")
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.online))
      try desk.send("show dnd In a meeting until 3pm")
      try await desk.expect("done show")
      let busy = AgentAnswer(.busy, message: "In a meeting until 3pm")
      #expect(try await agent.presence(of: "JANE@Corp.example") == busy)
      try desk.send("status Still in that meeting")
      try await desk.expect("done status")
      #expect(
        try await agent.presence(of: "jane@corp.example") == AgentAnswer(.busy, message: "Still in that meeting")
      )

      try desk.send("quit")
      try await desk.expect("offline")
      try await desk.stop()
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.online))
      try await phone.stop()
      #expect(try await agent.presence(of: "joe@corp.example") == AgentAnswer(.offline))
      try await set.shutdown()
    }
  }

  @Test("An account that may not ask is refused, which is a failure and not a state")
  func unauthorized() async throws {
    try await EjabberdServer.run { server in
      let client = try AsyncAgentHTTPClient(.patient)
      let yaml = """
        - type: ejabberd
          name: x
          url: http://127.0.0.1:\(server.httpPort)/api
          claims: [{domain: corp.example}]
        """
      let agent = try makeAgent(yaml, client: client)
      let error = await #expect(throws: AgentError.self) { try await agent.presence(of: "jane@corp.example") }
      #expect(error?.code == .unauthorized)
      try await client.shutdown()
    }
  }

  @Test(
    "What real clients say to a real ejabberd is what mod_webpresence tells of those who are published",
    .enabled(if: EjabberdServer.hasWebPresence, "mod_webpresence (ejabberd-mod-webpresence) is not installed")
  )
  func webPresence() async throws {
    try await EjabberdServer.run { server in
      let set = try AgentFactory.make(
        try configurations(
          """
          - type: webpresence
            name: web
            url: http://127.0.0.1:\(server.httpPort)/presence
            http: {connectTimeout: 1m}
            claims: [{scheme: "xmpp?", domain: corp.example}]
          """
        )
      )
      let agent = set.agents[0]
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.offline))
      #expect(try await agent.presence(of: "admin@corp.example") == nil)  // not published
      #expect(try await agent.presence(of: "nobody@corp.example") == nil)

      let desk = try await server.client("jane", resource: "desk")
      #expect(try await agent.presence(of: "JANE@Corp.example") == AgentAnswer(.online))
      try desk.send("show away Lunch & <tea>")
      try await desk.expect("done show")
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.away, message: "Lunch & <tea>"))
      let phone = try await server.client("jane", resource: "phone")
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.online))
      try phone.send("show dnd In a meeting")
      try await phone.expect("done show")
      let busy = AgentAnswer(.busy, message: "In a meeting")
      #expect(try await agent.presence(of: "xmpp:jane@corp.example") == busy)
      try await desk.stop()
      try await phone.stop()
      try await set.shutdown()
    }
  }
}
