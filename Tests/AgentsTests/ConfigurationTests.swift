// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

struct ConfigurationTests {
  /// All problems of a list, as `key` and message.
  private func problems(_ yaml: String, enterprise: String? = nil) throws -> [ConfigurationProblem] {
    let connection = try enterprise.map { try configurations($0)[0] }
    let error = #expect(throws: ConfigurationProblems.self) {
      try AgentFactory.check(try configurations(yaml), enterprise: connection)
    }
    return error?.problems ?? []
  }

  @Test("All keys that all agents share are read")
  func everything() throws {
    let yaml = """
      - type: yahoo
        name: yahoo-emea
        claims:
          - {scheme: ymsgr}
          - {scheme: "sip?", domain: "*.yahoo.example", pattern: "j*", shape: withDomain}
          - {scheme: none, shape: withoutDomain}
        freshness: 1.5m
        launch: {client: Y, prefix: "im:", part: body, suffix: "?x"}
        limits:
          timeout: 500ms
          maximumCalls: 3
          callsPerSecond: 0.5
          attempts: 4
          backoff: 1s
          maximumBackoff: 2s
          failureMemory: 0s
          failureMemoryCapacity: 0
          maximumWaiting: 9
          circuitFailures: 7
          circuitPause: 8s
          maximumCircuitPause: 1h
        http: {maximumResponseBytes: 2048, connectTimeout: 1s, maximumConnections: 2}
        url: https://opi.example
      """
    let directory = try AgentFactory.check(try configurations(yaml))
    let descriptor = directory[0]
    #expect(descriptor.name == "yahoo-emea")
    #expect(descriptor.claims.count == 3)
    #expect(
      descriptor.claims[1]
        == ClaimRule(
          scheme: .schemeOrBare(.sip),
          domain: GlobPattern("*.yahoo.example"),
          pattern: GlobPattern("j*"),
          shape: .withDomain
        )
    )
    #expect(descriptor.claims[2].scheme == .bare)
    #expect(descriptor.freshness == .seconds(90))
    #expect(descriptor.launch == (try IMLaunch(client: "Y", prefix: "im:", suffix: "?x")))
    let findings = ConfigurationReader.Findings()
    let blueprint = AgentBlueprint(try configurations(yaml)[0], path: "a", isEnterprise: false, findings)
    #expect(findings.problems == [])
    #expect(
      blueprint?.common.limits
        == AgentLimits(
          timeout: .milliseconds(500),
          maximumCalls: 3,
          callsPerSecond: 0.5,
          attempts: 4,
          backoff: .seconds(1),
          maximumBackoff: .seconds(2),
          failureMemory: .zero,
          failureMemoryCapacity: 0,
          maximumWaiting: 9,
          circuitFailures: 7,
          circuitPause: .seconds(8),
          maximumCircuitPause: .seconds(3_600)
        )
    )
    #expect(
      blueprint?.common.http
        == .init(caFile: nil, maximumResponseBytes: 2_048, connectTimeout: .seconds(1), maximumConnections: 2)
    )
  }

  @Test("Everything that is wrong is reported at once, with key, value and what would be right")
  func allAtOnce() throws {
    let found = try problems(
      """
      - type: telepathy
        name: a
      - name: b
      - type: ejabberd
        name: "a b"
        url: ftp://x
        command: guess
        colour: blue
        freshness: soon
        limits: {timeout: 0s, maximumCalls: many, callsPerSecond: -1, tiemout: 3s}
        claims: [{scheme: smtp, shape: round}, {}]
        credentials: {user: admin, password: hunter2}
        launch: {client: X, prefix: "javascript:"}
      - just a text
      - type: url
        name: c
        claims: [{domain: x}]
        url: "http://h/{user}"
        method: DELETE
        state: {json: x, xml: y}
        headers: {"X Y": a, X-Key: [1]}
      """
    )
    let keys = Set(found.map(\.key))
    for key in [
      "agents[0].type", "agents[1].type", "agents[2].name", "agents[2].url", "agents[2].command", "agents[2].colour",
      "agents[2].freshness", "agents[2].limits.timeout", "agents[2].limits.maximumCalls",
      "agents[2].limits.callsPerSecond",
      "agents[2].limits.tiemout", "agents[2].claims[0].scheme", "agents[2].claims[0].shape",
      "agents[2].claims[1].scheme",
      "agents[2].credentials.password", "agents[2].launch.prefix", "agents[3]", "agents[4].url", "agents[4].method",
      "agents[4].state.json", "agents[4].headers.X Y", "agents[4].headers.X-Key",
    ] { #expect(keys.contains(key), "\(key)") }
    let command = try #require(found.first { $0.key == "agents[2].command" })
    #expect(
      command.description == "agents[2].command: \"guess\" must be one of user_sessions_info, get_presence, either"
    )
    #expect(!found.contains { $0.description.contains("hunter2") })
  }

  @Test("Names are unique among agents and the enterprise connection, which needs no claims")
  func names() throws {
    let yahoo = "[{type: yahoo, name: y}]"
    #expect(try problems("[{type: yahoo, name: y}, {type: yahoo, name: y}]").map(\.key) == ["agents[1].name"])
    #expect(try problems(yahoo, enterprise: yahoo).map(\.key) == ["enterprise.name"])
    let ejabberd = "[{type: ejabberd, name: x, url: \"http://h/api\"}]"
    #expect(try problems(ejabberd).map(\.key) == ["agents[0].claims"])
    let directory = try AgentFactory.check(try configurations(yahoo), enterprise: try configurations(ejabberd)[0])
    #expect(directory.enterpriseIndex == 1)
  }

  @Test("The directory needs no secrets; the agents do, and say which is missing")
  func secrets() async throws {
    let yaml = """
      - type: ejabberd
        name: x
        url: http://h/api
        claims: [{scheme: xmpp}]
        credentials: {token: {env: NO_SUCH_VARIABLE_OF_THIS_TEST}}
        http: {caFile: /nowhere/ca.pem}
      - type: url
        name: u
        claims: [{scheme: im}]
        url: http://h/
        headers: {X-Key: {file: /nowhere/key}}
        state: {json: /x, values: {a: online}}
      """
    let list = try configurations(yaml)
    #expect(try AgentFactory.check(list).descriptors.map(\.name) == ["x", "u"])
    let error = #expect(throws: ConfigurationProblems.self) { try AgentFactory.make(list) }
    #expect(error?.problems.map(\.key) == ["agents[0].credentials", "agents[1].headers.X-Key"])
  }

  @Test("The agents that are made are those of the directory")
  func make() async throws {
    let list = try configurations("[{type: yahoo, name: y}]")
    let connection = try configurations("[{type: ejabberd, name: x, url: \"http://h/api\"}]")[0]
    let set = try AgentFactory.make(list, enterprise: connection)
    #expect(set.agents.map(\.descriptor.name) == ["y"])
    #expect(set.enterprise?.descriptor.name == "x")
    #expect(set.directory.hash == (try AgentFactory.check(list, enterprise: connection)).hash)
    #expect(set.directory.hash == (try PresenceChain(set.agents, enterprise: set.enterprise)).directory.hash)
    try await set.shutdown()
  }

  @Test("A secret shows nowhere")
  func secretIsMasked() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(Credentials.basic(user: "admin", password: secret), to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\(Credentials.bearer(secret))", "\([secret])"] {
      #expect(!text.contains("hunter2"))
    }
    #expect(secret.reveal() == "hunter2")
  }

  @Test("A directory's hash does not depend on what only the resolver needs to know")
  func hashIgnoresSecrets() throws {
    let one = try AgentFactory.check(try configurations("[{type: yahoo, name: y, url: \"http://a\"}]"))
    let two = try AgentFactory.check(
      try configurations("[{type: yahoo, name: y, url: \"http://b\", limits: {attempts: 1}}]")
    )
    #expect(one.hash == two.hash)
  }
}
