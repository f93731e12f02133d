// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing
import Yams

@testable import Agents

/// Several connections are registered, one of them is active.
struct EnterpriseTests {
  private static let application = "applications: {bot: {user: bot, password: {env: NO_SUCH_VARIABLE_OF_THIS_TEST}}}"

  private func value(_ yaml: String) throws -> ConfigurationValue {
    try YAMLDecoder().decode(ConfigurationValue.self, from: yaml)
  }

  /// The keys and messages of all that is wrong.
  private func problems(_ yaml: String, agents: String = "[]") throws -> [ConfigurationProblem] {
    let error = #expect(throws: ConfigurationProblems.self) {
      try AgentFactory.check(try configurations(agents), enterprise: try value(yaml))
    }
    return error?.problems ?? []
  }

  @Test("The active connection answers for what no agent claims; the others are registered and not asked")
  func active() throws {
    let yaml = """
      active: xmpp-emea
      \(Self.application)
      connections:
        - {name: xmpp-us, adapter: ejabberd, server: "http://us/api", externalApplication: bot}
        - name: xmpp-emea
          adapter: ejabberd
          server: http://emea/api
          userDomain: corp.example
          poolName: pool-1
          externalApplication: bot
          timeout: 3s
          freshness: 30s
          limits: {attempts: 1}
      """
    let agents = try configurations("[{type: yahoo, name: y}]")
    let directory = try AgentFactory.check(agents, enterprise: try value(yaml))
    #expect(directory.descriptors.map(\.name) == ["y", "xmpp-emea"])
    #expect(directory.enterpriseIndex == 1)
    #expect(directory[1].freshness == .seconds(30))

    let enterprise = try EnterpriseConfiguration(try value(yaml))
    #expect(enterprise.connections.map(\.name) == ["xmpp-us", "xmpp-emea"])
    let connection = try #require(enterprise.active)
    #expect(connection.poolName == "pool-1")
    #expect(connection.userDomain == "corp.example")
    #expect(connection.timeout == .seconds(3))
    let findings = ConfigurationReader.Findings()
    let reader = ConfigurationReader(connection.agent.value, path: "x", findings: findings)
    _ = reader.text("type")
    let settings = EjabberdAgentConfiguration(reader, isEnterprise: true)
    reader.finish()
    #expect(findings.problems == [])
    #expect(settings.url == "http://emea/api")
    #expect(settings.host == "corp.example")
    #expect(settings.common.limits.timeout == .seconds(3))
    #expect(settings.common.limits.attempts == 1)
  }

  @Test("Lync, Teams, Openfire and Matrix can be the enterprise, each with its application")
  func networks() throws {
    let yaml = """
      active: teams
      applications:
        app: {clientID: me, clientSecret: {env: NO_SUCH_VARIABLE_OF_THIS_TEST}}
        token: {token: {env: NO_SUCH_VARIABLE_OF_THIS_TEST}}
      connections:
        - {name: teams, adapter: graph, externalApplication: app, tenant: corp.example}
        - {name: lync, adapter: ucwa, server: "https://pool/a", userDomain: corp.example, externalApplication: token}
        - {name: openfire, adapter: openfire, server: "http://o/plugins", userDomain: corp.example}
        - {name: matrix, adapter: matrix, server: "https://m", userDomain: corp.example, externalApplication: token}
      """
    let directory = try AgentFactory.check([], enterprise: try value(yaml))
    #expect(directory.descriptors.map(\.name) == ["teams"])
    #expect(directory[0].maximumBatch == 650)
    #expect(directory[0].launch == .teams)
    let tenantless = yaml.replacing(", tenant: corp.example", with: "")
    #expect(try problems(tenantless).map(\.key) == ["enterprise.connections[0].externalApplication"])
    let secretless = yaml.replacing("externalApplication: app, ", with: "")
    #expect(try problems(secretless).map(\.key).contains("enterprise.connections[0].externalApplication"))
  }

  @Test("A time-out of -1, or none, means ten seconds", arguments: ["", ", timeout: -1"])
  func timeout(_ more: String) throws {
    let yaml = """
      active: c
      connections:
        - {name: c, adapter: url, server: "http://h/{local}", state: {json: /x, values: {a: online}}\(more)}
      """
    #expect(try EnterpriseConfiguration(try value(yaml)).active?.timeout == .seconds(10))
  }

  @Test(
    "A mandatory property that is missing is refused with its name",
    arguments: ["name", "adapter", "server", "externalApplication"]
  )
  func mandatory(_ property: String) throws {
    let all = ["name": "c", "adapter": "ejabberd", "server": "http://h/api", "externalApplication": "bot"]
    let rest = all.filter { $0.key != property }.map { "\($0.key): \"\($0.value)\"" }.joined(separator: ", ")
    let found = try problems("{active: c, \(Self.application), connections: [{\(rest)}]}")
    let problem = try #require(found.first { $0.key == "enterprise.connections[0].\(property)" })
    #expect(problem.message.hasPrefix("is missing: "))
  }

  @Test("What is wrong is told by the keys that stand in the file, of all connections at once")
  func keys() throws {
    let yaml = """
      active: nobody
      \(Self.application)
      typo: 1
      connections:
        - {name: a, adapter: telepathy, server: "http://h"}
        - {name: b, adapter: ejabberd, server: "ftp://h", externalApplication: other, timeout: 5, freshness: 0s}
        - {name: c, adapter: ejabberd, server: "ftp://h", externalApplication: bot, credentials: {user: x}}
        - {name: c, adapter: url, server: "http://h/{local}", state: {json: /x, values: {a: online}}, colour: red}
      """
    let found = Dictionary(grouping: try problems(yaml), by: \.key).mapValues { $0.map(\.description) }
    for key in [
      "enterprise.active", "enterprise.typo", "enterprise.connections[0].adapter",
      "enterprise.connections[1].externalApplication", "enterprise.connections[1].timeout",
      "enterprise.connections[2].server", "enterprise.connections[2].credentials", "enterprise.connections[3].name",
      "enterprise.connections[3].colour",
    ] { #expect(found[key] != nil, "\(key) in \(found.keys.sorted())") }
    #expect(found["enterprise.connections[2].server"]?.first?.contains("ftp://h") == true)
  }

  @Test("Connections need an active one, and names that no agent has")
  func names() throws {
    let connection = "{name: y, adapter: url, server: \"http://h/{local}\", state: {json: /x, values: {a: online}}}"
    #expect(try problems("{connections: [\(connection)]}").map(\.key) == ["enterprise.active"])
    let agents = "[{type: yahoo, name: y}]"
    #expect(
      try problems("{active: y, connections: [\(connection)]}", agents: agents).map(\.key)
        == ["enterprise.connections[0].name"]
    )
    let other = connection.replacing("name: y", with: "name: z")
    #expect(
      try problems("{active: z, connections: [\(connection), \(other)]}", agents: agents).map(\.key)
        == ["enterprise.connections[0].name"]
    )
    #expect(try AgentFactory.check([], enterprise: .none).descriptors.isEmpty)
  }

  @Test("Only the active connection's secret is fetched, and only for those who ask")
  func secrets() throws {
    let yaml = """
      active: b
      \(Self.application)
      connections:
        - {name: a, adapter: ejabberd, server: "http://h/api", externalApplication: bot}
        - {name: b, adapter: url, server: "http://h/{local}", state: {json: /x, values: {a: online}}}
      """
    #expect(try AgentFactory.check([], enterprise: try value(yaml)).descriptors.map(\.name) == ["b"])
    let set = try AgentFactory.make([], enterprise: try value(yaml))
    set.abandon()
    let other = try value(yaml.replacing("active: b", with: "active: a"))
    #expect(try AgentFactory.check([], enterprise: other).descriptors.map(\.name) == ["a"])
    let error = #expect(throws: ConfigurationProblems.self) { try AgentFactory.make([], enterprise: other) }
    #expect(error?.problems.map(\.key) == ["enterprise.connections[0].externalApplication"])
  }

  @Test("An application that holds a secret itself is refused, and the secret is not told")
  func openSecret() throws {
    let found = try problems("{applications: {bot: {user: u, password: hunter2}}, active: x, connections: []}")
    #expect(found.contains { $0.key.hasPrefix("enterprise.applications.bot") })
    #expect(!found.contains { $0.description.contains("hunter2") })
  }
}
