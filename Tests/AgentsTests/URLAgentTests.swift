// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct URLAgentTests {
  private static func yaml(_ more: String) -> String {
    """
    - type: url
      name: door
      claims: [{domain: door.example}]
      url: "https://door.example/{local}"
    """ + "\n" + more.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
  }

  private func answer(_ more: String, _ client: StubHTTPClient) async throws -> AgentAnswer? {
    try await makeAgent(Self.yaml(more), client: client).presence(of: "jane@door.example")
  }

  private static let json = """
    state: {json: /p/show, values: {on: online, dnd: busy, "1": away}, absent: offline}
    message: {json: /p/text}
    """

  @Test(
    "A JSON pointer's value goes through the map; what is not in it is unknown",
    arguments: [
      (#"{"p":{"show":"on"}}"#, AgentAnswer(.online)),
      (#"{"p":{"show":"dnd","text":"Hi"}}"#, AgentAnswer(.busy, message: "Hi")),
      (#"{"p":{"show":1}}"#, AgentAnswer(.away)), (#"{"p":{"show":"ON"}}"#, nil), (#"{"p":{"show":["on"]}}"#, nil),
      (#"{"p":{"show":null}}"#, AgentAnswer(.offline)), (#"{"p":{}}"#, AgentAnswer(.offline)), ("{}", nil), ("[]", nil),
      ("", nil), (#"{"p":{"show":"on"}"#, nil), (#"{"p":{"show":"on","text":{}}}"#, AgentAnswer(.online)),
    ] as [(String, AgentAnswer?)]
  )
  func json(body: String, expected: AgentAnswer?) async throws {
    #expect(try await answer(Self.json, StubHTTPClient(body)) == expected)
  }

  @Test(
    "An XML path's value goes through the map",
    arguments: [
      ("<presence><show>dnd</show><status>Hi</status></presence>", AgentAnswer(.busy, message: "Hi")),
      ("<presence/>", AgentAnswer(.online)), ("<error/>", nil), ("<presence><show>x</show></presence>", nil),
      ("<!DOCTYPE presence><presence/>", nil), ("presence", nil),
    ] as [(String, AgentAnswer?)]
  )
  func xml(body: String, expected: AgentAnswer?) async throws {
    let more = """
      state: {xml: presence/show, values: {dnd: busy}, absent: online}
      message: {xml: presence/status}
      """
    #expect(try await answer(more, StubHTTPClient(body)) == expected)
  }

  @Test(
    "A regular expression's first group goes through the map",
    arguments: [
      ("x state=on y", AgentAnswer(.online)), ("state=off", AgentAnswer(.offline)), ("state=odd", nil), ("", nil),
    ] as [(String, AgentAnswer?)]
  )
  func regex(body: String, expected: AgentAnswer?) async throws {
    let more = #"state: {regex: 'state=(\w+)', values: {"on": online, "off": offline}}"#
    #expect(try await answer(more, StubHTTPClient(body)) == expected)
  }

  @Test(
    "A fingerprint's first match is the state",
    arguments: [
      ([0x47, 0x40, 0x01], .online), ([0x47, 0x84], .offline), ([0x47, 0x00], nil), ([0x47], nil), ([], nil),
    ] as [([UInt8], PresenceState?)]
  )
  func fingerprint(body: [UInt8], expected: PresenceState?) async throws {
    let more = #"state: {fingerprint: [{offset: 1, hex: "40", state: online}, {offset: 1, hex: "84", state: offline}]}"#
    #expect(try await answer(more, StubHTTPClient(body: body)) == expected.map { AgentAnswer($0) })
  }

  @Test(
    "A redirect's last segment goes through the map",
    arguments: [
      ("/img/online1.gif", .online), ("https://other.example/online0.gif?x#y", .offline), ("/online2.gif", nil),
      ("/", nil),
    ] as [(String, PresenceState?)]
  )
  func redirect(location: String, expected: PresenceState?) async throws {
    let more = "state: {redirect: true, values: {online0.gif: offline, online1.gif: online}}"
    let client = StubHTTPClient(status: 302, headers: [.init("Location", location)], "")
    #expect(try await answer(more, client) == expected.map { AgentAnswer($0) })
    #expect(try await answer(more, StubHTTPClient(status: 200, headers: [.init("Location", location)], "")) == nil)
  }

  @Test("Method, headers, secrets and body go out as configured")
  func request() async throws {
    let client = StubHTTPClient("{}")
    let more = """
      method: PUT
      headers: {Accept: application/json, X-Path: {env: PATH}}
      body: '{"id":"{body}"}'
      credentials: {token: {env: PATH}}
      state: {json: /x, values: {a: online}}
      """
    _ = try await answer(more, client)
    let request = try #require(client.asked.first)
    #expect(request.method == "PUT")
    #expect(request.url == "https://door.example/jane")
    #expect(request.body == Array(#"{"id":"jane@door.example"}"#.utf8))
    #expect(request.headers.map(\.name) == ["Accept", "Content-Type", "X-Path", "Authorization"])
    #expect(request.headers[2].value.contains("/bin"))
    #expect(request.headers[3].value.hasPrefix("Bearer "))
  }

  @Test("Statuses are failures, or unknown as configured")
  func statuses() async throws {
    #expect(try await answer(Self.json, StubHTTPClient(status: 404, "{\"p\":{}}")) == nil)
    let limited = StubHTTPClient(status: 429, headers: [.init("Retry-After", "3")], "")
    let error = await #expect(throws: AgentError.self) { try await answer(Self.json, limited) }
    #expect(error?.code == .rateLimited)
    #expect(error?.retryAfter == .seconds(3))
    let gone = Self.json + "\nunknownStatuses: [410]"
    #expect(try await answer(gone, StubHTTPClient(status: 410, "")) == nil)
    let missing = await #expect(throws: AgentError.self) { try await answer(gone, StubHTTPClient(status: 404, "")) }
    #expect(missing?.code == .badAnswer)
  }

  @Test("A status can be a state, by itself or as the text of the value map")
  func statusStates() async throws {
    let statuses = Self.json + "\nstatuses: {404: offline, 204: away}"
    #expect(try await answer(statuses, StubHTTPClient(status: 404, "")) == AgentAnswer(.offline))
    #expect(try await answer(statuses, StubHTTPClient(status: 204, "")) == AgentAnswer(.away))
    #expect(try await answer(statuses, StubHTTPClient(status: 403, "")) == nil)
    let mapped = "method: HEAD\nstate: {status: true, values: {\"200\": online, \"204\": offline}}"
    let client = StubHTTPClient(status: 204, "")
    #expect(try await answer(mapped, client) == AgentAnswer(.offline))
    #expect(client.asked.map(\.method) == ["HEAD"])
    #expect(try await answer(mapped, StubHTTPClient(status: 201, "")) == nil)
    for wrong in [
      "statuses: {99: online}", "statuses: {200: asleep}", "statuses: {404: offline}\nunknownStatuses: [404]",
      "statuses: {x: busy}",
    ] {
      #expect(throws: ConfigurationProblems.self) {
        try makeAgent(Self.yaml(Self.json + "\n" + wrong), client: client)
      }
    }
  }

  @Test("A regular expression sees the start of an answer alone")
  func regexBound() async throws {
    let more = "state: {regex: 'state=(on)', values: {\"on\": online}}"
    let filler = String(repeating: " ", count: RegularExpression.maximumBytes)
    #expect(try await answer(more, StubHTTPClient(filler.dropLast(8) + "state=on")) == AgentAnswer(.online))
    #expect(try await answer(more, StubHTTPClient(filler.dropLast(7) + "state=on")) == nil)
  }

  @Test("A pattern on which others go back and forth without end has its answer")
  func backtracking() async throws {
    let more = "state: {regex: '^(([a-z])+.)+[A-Z]([a-z])+$', values: {\"a\": online}}"
    let body = String(repeating: "a", count: RegularExpression.maximumBytes)
    #expect(try await answer(more, StubHTTPClient(body)) == nil)
    #expect(try await answer(more, StubHTTPClient("aaAa")) == nil)  // matches, and its first group is in no map
  }

  @Test(
    "A text that is no regular expression is refused with what is wrong about it",
    arguments: ["(", "(?=a)", #"(a)\1"#, "a{1001}", "[z-a]"]
  )
  func noRegex(text: String) throws {
    let problem = #expect(throws: RegularExpression.Problem.self) { try RegularExpression(text) }
    #expect(problem?.description.hasPrefix("is no regular expression: ") == true)
    #expect((problem?.description.count ?? 0) > "is no regular expression: ".count)
  }

  @Test(
    "What is found is the first group of the leftmost match, or all of it",
    arguments: [
      ("b+", "abba b", "bb"), ("(b)(b)", "abba", "b"), ("x(y)?", "x", nil), ("é+", "caféé", "éé"), ("a", "", nil),
      ("^$", "", ""),
    ] as [(String, String, String?)]
  )
  func firstMatch(pattern: String, text: String, expected: String?) throws {
    #expect(try RegularExpression(pattern).firstMatch(in: text) == expected)
  }

  @Test("Garbage is never online, unless the map says so")
  func strict() async throws {
    for more in [Self.json, "state: {xml: presence/show, values: {dnd: busy}, absent: online}"] {
      let violations = await AgentConformance.checkStrictness(more: [Array("<p/>".utf8)]) {
        (body) async throws(AgentError) in
        do {
          return try await answer(more, StubHTTPClient(body: body))
        } catch {
          throw AgentError(.badAnswer, "\(error)")
        }
      }
      #expect(violations == [])
    }
  }

  @Test("It stops when it is cancelled, over real HTTP", .timeLimit(.minutes(20)))
  func cancellation() async throws {
    try await LocalHTTPServer.run { _ in
      .silence
    } _: { server in
      let client = try AsyncAgentHTTPClient(.patient)
      let yaml = Self.yaml(Self.json).replacing("https://door.example", with: server.url)
      let agent = try makeAgent(yaml, client: client)
      let violations = try await check(agent, server)
      #expect(violations == [])
      try await client.shutdown()
    }
  }

  private func check(_ agent: some PresenceAgent, _ server: LocalHTTPServer) async throws -> [String] {
    let address = try IMAddress("jane@door.example")
    return await AgentConformance.checkCancellation(of: agent, asking: address) {
      var requests = server.requests.makeAsyncIterator()
      _ = await requests.next()
    }
  }
}
