// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import Foundation
import PresenceModel
import Testing

@testable import Agents

/// A private ejabberd of `Tests/Support/ejabberd`, and real clients of `Tests/Support/xmpp_client.py`.
private struct EjabberdServer {
  let httpPort: Int
  let clientPort: Int

  static let support = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Support")

  /// What is missing for such a test; nil where nothing is.
  static let missing: String? = {
    let libraries = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    let isInstalled = libraries.contains { folder in
      let packages = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/\(folder)")) ?? []
      return packages.contains { $0.hasPrefix("ejabberd-") }
    }
    guard isInstalled else { return "ejabberd is not installed" }
    let check = Process()
    check.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    check.arguments = ["python3", "-c", "import slixmpp"]
    check.standardError = FileHandle.nullDevice
    guard (try? check.run()) != nil else { return "python3 is not installed" }
    check.waitUntilExit()
    return check.terminationStatus == 0 ? nil : "slixmpp is not installed"
  }()

  static func run(_ body: (EjabberdServer) async throws -> Void) async throws {
    let process = try ChildProcess([support.appendingPathComponent("ejabberd/run.sh").path])
    let words = try await process.line().split(separator: " ")
    let number = { (name: String) in
      words.first { $0.hasPrefix("\(name)=") }.flatMap { Int($0.dropFirst(name.count + 1)) }
    }
    let server = EjabberdServer(
      httpPort: try #require(number("http")),
      clientPort: try #require(number("c2s"))
    )
    do {
      try await body(server)
    } catch {
      try await process.stop()
      throw error
    }
    try await process.stop()
  }

  /// A client that has a session.
  func client(_ user: String, resource: String) async throws -> ChildProcess {
    let client = try ChildProcess([
      "python3", Self.support.appendingPathComponent("xmpp_client.py").path, "\(user)@corp.example", "secret",
      "127.0.0.1", "\(clientPort)", "--resource", resource,
    ])
    try await client.expect("online")
    return client
  }
}

@Suite(
  .enabled(if: EjabberdServer.missing == nil, Comment(rawValue: EjabberdServer.missing ?? "")),
  .timeLimit(.minutes(2))
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
      let client = try AsyncAgentHTTPClient()
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
}
