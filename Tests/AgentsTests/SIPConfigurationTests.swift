// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import Testing
import Yams

@testable import Agents

@Suite struct SIPConfigurationTests {
  @Test("A server is a SIP URI without a user; TCP and the transport's port are the defaults")
  func servers() throws {
    let cases: [(String, String, Int, SIPTransport)] = [
      ("sip:SIP.corp.example", "sip.corp.example", 5_060, .tcp),
      ("sip:sip.corp.example;transport=udp", "sip.corp.example", 5_060, .udp),
      ("sip:sip.corp.example;transport=TLS", "sip.corp.example", 5_061, .tls),
      ("sips:sip.corp.example", "sip.corp.example", 5_061, .tls),
      ("sip:192.0.2.1:5070;transport=tcp", "192.0.2.1", 5_070, .tcp),
      ("sip:[2001:db8::1]:5070", "2001:db8::1", 5_070, .tcp),
    ]
    for (text, host, port, transport) in cases {
      let server = try #require(SIPServer(text), "\(text)")
      #expect(server.host == host)
      #expect(server.port == port)
      #expect(server.transport == transport)
    }
    for text in [
      "", "sip.corp.example", "https://sip.corp.example", "sip:", "sip:jane@corp.example", "sip:a:0", "sip:a:65536",
      "sip:a;transport=sctp", "sips:a;transport=udp", "sip:[::1", "sip:a b",
    ] {
      #expect(SIPServer(text) == nil, "\(text)")
    }
  }

  private func problems(_ yaml: String) throws -> [String: String] {
    let error = #expect(throws: ConfigurationProblems.self) { try AgentFactory.check(try configurations(yaml)) }
    return Dictionary(
      (error?.problems ?? []).map { ($0.key, $0.message) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  @Test("What cannot work is refused with its key")
  func refused() throws {
    let found = try problems(
      """
      - type: lync2010
        name: lync
        server: "sip:pool.corp.example"
        identity: "mailto:portal@corp.example"
        claims: [{domain: corp.example}]
        credentials: {token: {env: TOKEN}}
        tls: {certificateFile: /a.pem}
        subscriptions: {expires: 1s, batch: 0}
      """
    )
    #expect(
      Set(found.keys) == [
        "agents[0].poolName", "agents[0].identity", "agents[0].credentials", "agents[0].tls.keyFile", "agents[0].tls",
        "agents[0].subscriptions.expires", "agents[0].subscriptions.batch",
      ]
    )
  }

  @Test("Where nothing is said, the account at the domain of the users subscribes")
  func identity() throws {
    func identity(_ keys: String) throws -> String? {
      let yaml =
        "[{type: sip-simple, name: a, server: \"sip:sip.corp.example\", claims: [{shape: withDomain}], \(keys)}]"
      let findings = ConfigurationReader.Findings()
      let list = try configurations(yaml)
      let blueprint = AgentBlueprint(list[0], path: "agents[0]", isEnterprise: false, findings)
      return (blueprint?.settings as? SIPAgentConfiguration)?.settings.identity
    }
    #expect(try identity("credentials: {user: bot, password: {env: P}}") == "sip:bot@sip.corp.example")
    #expect(
      try identity("userDomain: corp.example, credentials: {user: bot, password: {env: P}}") == "sip:bot@corp.example"
    )
    #expect(try identity("credentials: {user: bot@a.example, password: {env: P}}") == "sip:bot@a.example")
    #expect(try identity("identity: \"sip:x@y.example\"") == "sip:x@y.example")
  }

  @Test(
    "A connection without a property that Microsoft's servers need is refused with its name",
    arguments: [
      "lcs2005", "ocs2007", "lync2010",
    ]
  )
  func mandatory(adapter: String) throws {
    let section = """
      active: office
      applications: {bot: {user: bot, password: {env: PASSWORD}}}
      connections: [{name: office, adapter: \(adapter)}]
      """
    let value = try YAMLDecoder().decode(ConfigurationValue.self, from: section)
    let error = #expect(throws: ConfigurationProblems.self) { try AgentFactory.check([], enterprise: value) }
    let keys = Set(error?.problems.map(\.key) ?? [])
    #expect(
      keys.isSuperset(of: ["server", "poolName", "externalApplication"].map { "enterprise.connections[0].\($0)" })
    )
    let whole = """
      active: office
      applications: {bot: {user: bot, password: {env: PASSWORD}}}
      connections:
        - {name: office, adapter: \(adapter), server: "sip:pool1.corp.example", poolName: pool1, externalApplication: bot,
           userDomain: corp.example, timeout: -1}
        - {name: other, adapter: sip-simple, server: "sip:sip.corp.example"}
      """
    let directory = try AgentFactory.check(
      [],
      enterprise: try YAMLDecoder().decode(ConfigurationValue.self, from: whole)
    )
    #expect(directory.enterpriseIndex == 0)
    #expect(directory.descriptors.map(\.launch) == [.communicator])
  }

  @Test("The connections that docs/ENTERPRISE.md shows load")
  func documented() throws {
    let page = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/ENTERPRISE.md"),
      encoding: .utf8
    )
    let example = try #require(
      page.components(separatedBy: "```yaml\n").dropFirst().first?.components(separatedBy: "```").first
    )
    let file = try YAMLDecoder().decode([String: ConfigurationValue].self, from: example)
    let directory = try AgentFactory.check([], enterprise: try #require(file["enterprise"]))
    #expect(directory.descriptors.map(\.name) == ["office"])
  }
}
