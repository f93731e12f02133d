// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import TestSupport
import Testing

@testable import Agents

@Suite(
  .enabled(if: SynapseServer.missing == nil, Comment(rawValue: SynapseServer.missing ?? "")),
  .timeLimit(.minutes(20))
)
struct MatrixServerTests {
  @Test("What real accounts say to a real homeserver is what the agent says of them, and of others nothing")
  func realPresence() async throws {
    try await SynapseServer.run { server in
      let own = try await server.account("agent")
      let jane = try await server.account("jane")
      let joe = try await server.account("joe")
      let token = FileManager.default.temporaryDirectory.appendingPathComponent("matrix-\(UUID()).token")
      try Data("\(own.token)\n".utf8).write(to: token)
      defer { try? FileManager.default.removeItem(at: token) }
      let set = try AgentFactory.make(
        try configurations(
          """
          - type: matrix
            name: matrix
            url: http://127.0.0.1:\(server.httpPort)
            http: {connectTimeout: 1m}
            claims: [{shape: matrixID}, {domain: corp.example}]
            credentials: {token: {file: "\(token.path)"}}
          """
        )
      )
      let agent = set.agents[0]

      try await jane.obey("presence online Hello")
      #expect(try await agent.presence(of: "@jane:corp.example") == nil)  // they share no room: forbidden
      try await jane.obey("share \(own.userID)")
      try await own.obey("join")

      #expect(try await agent.presence(of: "@jane:corp.example") == AgentAnswer(.online, message: "Hello"))
      try await jane.obey("presence unavailable Lunch")
      #expect(try await agent.presence(of: "Jane@Corp.example") == AgentAnswer(.away, message: "Lunch"))
      try await jane.obey("presence org.matrix.msc3026.busy In a meeting until 3pm")
      let busy = AgentAnswer(.busy, message: "In a meeting until 3pm")
      #expect(try await agent.presence(of: "sip:jane@corp.example") == busy)
      try await jane.obey("presence offline")
      #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.offline))

      try await joe.obey("presence online")
      #expect(try await agent.presence(of: "@joe:corp.example") == nil)
      #expect(try await agent.presence(of: "@nobody:corp.example") == nil)
      #expect(await agent.health() == .ready)
      try await set.shutdown()
    }
  }

  @Test("A token that the homeserver does not know is a failure and not a state")
  func unauthorized() async throws {
    try await SynapseServer.run { server in
      let client = try AsyncAgentHTTPClient(.patient)
      let yaml = """
        - type: matrix
          name: matrix
          url: http://127.0.0.1:\(server.httpPort)
          credentials: {token: {env: PATH}}
        """
      let agent = try makeAgent(yaml, client: client)
      let error = await #expect(throws: AgentError.self) { try await agent.presence(of: "@jane:corp.example") }
      #expect(error?.code == .unauthorized)
      try await client.shutdown()
    }
  }
}
