// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct MatrixTests {
  private static func yaml(_ more: String = "") -> String {
    """
    - type: matrix
      name: matrix
      url: https://matrix.example/
      claims: [{shape: matrixID}, {domain: corp.example}, {shape: withoutDomain}]
      credentials: {token: {env: PATH}}
      \(more)
    """
  }

  @Test(
    "Unavailable is away when a person says so, and online when the homeserver says so after five minutes",
    arguments: [
      (#"{"presence":"online","last_active_ago":12,"status_msg":"Hello","currently_active":true}"#, .online, false),
      (#"{"presence":"online"}"#, .online, false),
      (#"{"presence":"busy"}"#, .busy, false), (#"{"presence":"org.matrix.msc3026.busy"}"#, .busy, false),
      (#"{"presence":"offline","last_active_ago":299999}"#, .offline, false),
      (#"{"presence":"unavailable"}"#, .away, false),
      (#"{"presence":"unavailable","last_active_ago":33}"#, .away, false),
      (#"{"presence":"unavailable","last_active_ago":-1}"#, .away, false),
      (#"{"presence":"unavailable","last_active_ago":299999}"#, .away, false),
      (#"{"presence":"unavailable","last_active_ago":300000}"#, .online, true),
      (#"{"presence":"unavailable","last_active_ago":300000,"currently_active":false}"#, .online, true),
      (#"{"presence":"unavailable","last_active_ago":300000,"currently_active":true}"#, .away, false),
      (#"{"presence":"unavailable","last_active_ago":"300000"}"#, .away, false),
      (#"{"presence":"unavailable","last_active_ago":9223372036854775807}"#, .online, true),
      (#"{"presence":"ONLINE"}"#, nil, false), (#"{"presence":""}"#, nil, false),
    ] as [(String, PresenceState?, Bool)]
  )
  func states(body: String, state: PresenceState?, isInactive: Bool) throws {
    let answer = try MatrixFormat.parse(Array(body.utf8), inactiveAfter: .seconds(300))
    #expect(answer?.state == state)
    #expect(answer?.isInactive ?? false == isInactive)
  }

  @Test("The status message comes along, and garbage is refused")
  func messageAndStrictness() async throws {
    let body = Array(#"{"presence":"busy","status_msg":"In a meeting"}"#.utf8)
    let answer = try MatrixFormat.parse(body, inactiveAfter: .seconds(300))
    #expect(answer == AgentAnswer(.busy, message: "In a meeting"))
    let violations = await AgentConformance.checkStrictness(more: [Array(#"{"presence":1}"#.utf8)]) {
      (body) async throws(AgentError) in
      try MatrixFormat.parse(body, inactiveAfter: .seconds(300))
    }
    #expect(violations == [])
  }

  @Test(
    "A Matrix id is asked for as it is, another address by the configured server or its own domain",
    arguments: [
      ("@Jane:Corp.example", "", "%40Jane%3ACorp.example"), ("Jane@Corp.example", "", "%40jane%3Acorp.example"),
      ("sip:jane@corp.example", "server: m.example", "%40jane%3Am.example"),
      ("jane", "server: m.example", "%40jane%3Am.example"),
      ("a/../b@corp.example", "", "%40a%2F..%2Fb%3Acorp.example"),
    ]
  )
  func request(address: String, more: String, user: String) async throws {
    let client = StubHTTPClient(#"{"presence":"online"}"#)
    let agent = try makeAgent(Self.yaml(more), client: client)
    #expect(try await agent.presence(of: address) == AgentAnswer(.online))
    let request = try #require(client.asked.first)
    #expect(request.url == "https://matrix.example/_matrix/client/v3/presence/\(user)/status")
    #expect(request.headers.map(\.name) == ["Authorization"])
  }

  @Test("Forbidden and not found are unknown, a refused token is a failure that health shows")
  func refusals() async throws {
    for status in [403, 404] {
      let agent = try makeAgent(Self.yaml(), client: StubHTTPClient(status: status, #"{"errcode":"M_FORBIDDEN"}"#))
      #expect(try await agent.presence(of: "jane@corp.example") == nil)
      #expect(await agent.health() == .ready)
    }
    let agent = try makeAgent(Self.yaml(), client: StubHTTPClient(status: 401, #"{"errcode":"M_UNKNOWN_TOKEN"}"#))
    let error = await #expect(throws: AgentError.self) { try await agent.presence(of: "jane@corp.example") }
    #expect(error?.code == .unauthorized)
    guard case .failing = await agent.health() else {
      Issue.record("an agent without a credential that is accepted fails")
      return
    }
    #expect(try await makeAgent(Self.yaml(), client: StubHTTPClient("")).presence(of: "jane") == nil)
  }

  @Test("Its client is launched by matrix.to with the Matrix id")
  func launch() throws {
    let descriptor = try makeAgent(Self.yaml(), client: StubHTTPClient("")).descriptor
    for address in ["@jane:corp.example", "jane@corp.example"] {
      let uri = descriptor.launch?.uri(for: try IMAddress(address))
      #expect(uri == "https://matrix.to/#/%40jane%3Acorp.example")
    }
  }
}
