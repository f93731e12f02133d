// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Testing

@testable import Agents

struct XMPPConfigurationTests {
  @Test(
    "What is wrong is told with its key",
    arguments: [
      ("server: 'a b'", "server"), ("server: 'xmpp.example:99999'", "server"), ("components: portal", "components"),
      ("components: []", "components"), ("components: [A.example]", "components"),
      ("components: [a.example, a.example]", "components"), ("components: [x@a.example]", "components"),
      ("languages: ['d e']", "languages"), ("lease: 1s", "lease"), ("tls: maybe", "tls"),
      ("credentials: {user: a, password: {env: A}}", "credentials"), ("credentials: {}", "credentials"),
    ]
  )
  func problems(line: String, key: String) throws {
    var members: [String: ConfigurationValue] = [
      "type": "xmpp", "name": "x", "server": "xmpp.example", "components": ["a.example"],
      "claims": [["domain": "corp.example"]], "credentials": ["token": ["env": "A"]],
    ]
    _ = try AgentFactory.check([AgentConfiguration(.map(members))])
    guard case .map(let more)? = try configurations("[{\(line)}]").first?.value else { return }
    members.merge(more) { $1 }
    let error = #expect(throws: ConfigurationProblems.self) {
      try AgentFactory.check([AgentConfiguration(.map(members))])
    }
    #expect(error?.problems.map(\.key) == ["agents[0].\(key)"])
  }

  @Test("An enterprise connection is one by its adapter, and names what it lacks by the connection's keys")
  func enterprise() throws {
    let section: ConfigurationValue = [
      "active": "hq", "applications": ["portal": ["token": ["env": "A"]]],
      "connections": [
        [
          "name": "hq", "adapter": "xmpp", "server": "xmpp.example:5347", "userDomain": "corp.example",
          "externalApplication": "portal", "components": ["a.example"],
        ]
      ],
    ]
    let directory = try AgentFactory.check([], enterprise: section)
    #expect(directory.enterpriseIndex.map { directory[$0].name } == "hq")
    let lacking: ConfigurationValue = [
      "active": "hq", "connections": [["name": "hq", "adapter": "xmpp", "components": ["a.example"]]],
    ]
    let error = #expect(throws: ConfigurationProblems.self) { try AgentFactory.check([], enterprise: lacking) }
    let keys = Set(error?.problems.map(\.key) ?? [])
    #expect(keys.isSuperset(of: ["enterprise.connections[0].server", "enterprise.connections[0].externalApplication"]))
  }
}
