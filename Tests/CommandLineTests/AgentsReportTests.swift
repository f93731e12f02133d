// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing
import Worker

@testable import presence_worker

@Suite("Agents")
struct AgentsReportTests {
  private static let yaml = """
    agents:
      - {type: yahoo, name: yahoo}
      - type: ejabberd
        name: chat
        url: http://chat/api
        claims: [{domain: chat.example}, {scheme: xmpp}]
    enterprise:
      active: emea
      applications: {bot: {user: bot, password: {env: NO_SUCH_VARIABLE}}}
      connections:
        - {name: us, adapter: ejabberd, server: "http://us/api", externalApplication: bot}
        - {name: emea, adapter: ejabberd, server: "http://emea/api", externalApplication: bot, poolName: p1, timeout: 3s}
    """

  private func report() throws -> AgentsReport {
    var loader = ConfigurationLoader()
    loader.file = ("worker.yaml", Self.yaml)
    let configuration = try loader.load().configuration
    return AgentsReport(
      try AgentAssembly.directory(configuration),
      try AgentAssembly.connections(configuration),
      live: try AgentAssembly.liveNames(configuration),
      ink: Ink(isColoured: false)
    )
  }

  /// The words of a line.
  private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  @Test("the order, the claims and the connections are shown without any secret being fetched")
  func lines() throws {
    let lines = try report().lines()
    #expect(words(lines[1]).prefix(2) == ["1", "yahoo"])
    #expect(lines.contains { words($0).prefix(2) == ["2", "chat"] && $0.contains("domain chat.example") })
    #expect(lines.contains { words($0) == ["scheme", "xmpp"] })
    #expect(lines.contains { words($0).prefix(2) == ["3", "emea"] && $0.contains("what nobody claims") })
    #expect(lines.contains { words($0) == ["active", "emea", "ejabberd", "http://emea/api", "p1", "bot", "3s"] })
    #expect(lines.contains { words($0) == ["us", "ejabberd", "http://us/api", "bot", "10s"] })
  }

  @Test("for an address it is said who would be asked and why")
  func claims() throws {
    let lines = try report().claims(of: ["jane@chat.example", "sip:joe@corp.example"].map { try IMAddress($0) })
    #expect(lines.contains { words($0) == ["jane@chat.example", "chat", "domain", "chat.example"] })
    #expect(lines.contains { words($0) == ["sip:joe@corp.example", "emea", "nobody", "claims", "it"] })
  }

  @Test("health and the state of a running worker are shown; agents that differ are warned of")
  func states() throws {
    let report = try report()
    let health = report.health([("chat", .ready), ("emea", .failing("no password"))])
    #expect(health.contains { words($0) == ["emea", "failing", "no", "password"] })
    let chain = try PresenceChain([])
    #expect(chain.statuses().isEmpty)
    #expect(report.live([]).last == "The worker has other agents than this configuration.")
  }
}
