// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct GraphTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)  // 2027-01-15T08:00:00Z

  private static func yaml(_ more: String = "") -> String {
    """
    - type: graph
      name: teams
      tenant: corp.example
      url: https://graph.example/v1.0
      loginURL: https://login.example
      claims: [{scheme: "sip?"}]
      credentials: {clientID: me, clientSecret: {env: PATH}}
      \(more)
    """
  }

  private static func id(_ number: Int) -> String {
    let digits = String(number)
    return "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// Graph with users `user1@corp.example`, …, whose ids end with their numbers, all of them busy.
  private static func graph(
    token: String = #"{"token_type":"Bearer","access_token":"abc","expires_in":3599}"#,
    batch: (@Sendable (String) -> AgentHTTPResponse)? = nil
  ) -> StubHTTPClient {
    StubHTTPClient { request in
      let text = String(decoding: request.body ?? [], as: UTF8.self)
      switch request.url {
      case "https://login.example/corp.example/oauth2/v2.0/token":
        return AgentHTTPResponse(status: 200, body: Array(token.utf8))
      case "https://graph.example/v1.0/$batch":
        return batch?(text) ?? AgentHTTPResponse(status: 200, body: Array(answer(toBatch: text).utf8))
      case "https://graph.example/v1.0/communications/getPresencesByUserId":
        guard let ids = JSONValue(request.body ?? [])?["ids"]?.array else { return AgentHTTPResponse(status: 400) }
        let presences = ids.compactMap(\.string).map { #"{"id":"\#($0)","availability":"Busy","activity":"Busy"}"# }
        return AgentHTTPResponse(status: 200, body: Array(#"{"value":[\#(presences.joined(separator: ","))]}"#.utf8))
      default: return AgentHTTPResponse(status: 500)
      }
    }
  }

  private static func answer(toBatch text: String) -> String {
    let requests = JSONValue(Array(text.utf8))?["requests"]?.array ?? []
    let answers = requests.reversed().map { request -> String in
      let id = request["id"]?.string ?? ""
      let user = request["url"]?.string?.split(separator: "/").last?.prefix { $0 != "%" } ?? ""
      guard let number = Int(user.dropFirst(4)) else { return #"{"id":"\#(id)","status":404,"body":{"error":{}}}"# }
      return #"{"id":"\#(id)","status":200,"headers":{},"body":{"id":"\#(Self.id(number))"}}"#
    }
    return #"{"responses":[\#(answers.joined(separator: ","))]}"#
  }

  @Test(
    "Every availability is a state",
    arguments: [
      ("Available", .online, false), ("AvailableIdle", .online, true), ("Busy", .busy, false),
      ("BusyIdle", .busy, true), ("DoNotDisturb", .busy, false), ("Away", .away, false), ("BeRightBack", .away, false),
      ("Offline", .offline, false), ("PresenceUnknown", nil, false), ("available", nil, false), ("", nil, false),
    ] as [(String, PresenceState?, Bool)]
  )
  func availability(text: String, state: PresenceState?, isInactive: Bool) throws {
    let body = #"{"value":[{"id":"ABC","availability":"\#(text)","activity":"x"}]}"#
    let answer = try GraphFormat.parsePresences(Array(body.utf8), at: Self.now)["abc"]
    #expect(answer?.state == state)
    #expect(answer?.isInactive ?? false == isInactive)
  }

  @Test(
    "A status message is text, until it expires",
    arguments: [
      (#"{"message":{"content":"Hi & <b>","contentType":"text"}}"#, "Hi & <b>"),
      (
        #"{"message":{"content":"<p>A &amp;&nbsp;B&#33;</p><pinnednote></pinnednote>","contentType":"html"}}"#, "A & B!"
      ),
      (
        #"{"message":{"content":"A"},"expiryDateTime":{"dateTime":"2027-01-15T08:00:00.0010000","timeZone":"UTC"}}"#,
        "A"
      ),
      (
        #"{"message":{"content":"A"},"expiryDateTime":{"dateTime":"2027-01-15T08:00:00.0000000","timeZone":"UTC"}}"#,
        nil
      ),
      (#"{"message":{"content":"A"},"expiryDateTime":{"dateTime":"soon","timeZone":"UTC"}}"#, "A"),
      (#"{"message":{"content":""}}"#, nil), ("null", nil), (#"{"message":"A"}"#, nil), ("{}", nil),
    ] as [(String, String?)]
  )
  func statusMessage(text: String, expected: String?) throws {
    let body = #"{"value":[{"id":"a","availability":"Busy","statusMessage":\#(text)}]}"#
    let answer = try GraphFormat.parsePresences(Array(body.utf8), at: Self.now)["a"]
    #expect(answer == AgentAnswer(.busy, message: expected))
  }

  @Test("A thousand addresses: users are looked up by twenties and remembered, presence is asked for whole")
  func batches() async throws {
    let client = Self.graph()
    let agent = try makeAgent(Self.yaml(), client: client)
    #expect(agent.descriptor.maximumBatch == 650)
    let addresses = try (1...650).map { try IMAddress("sip:user\($0)@corp.example") }
    let nobody = try IMAddress("nobody@corp.example")
    for _ in 0..<2 {
      let answers = try await agent.presence(of: Array(addresses.dropLast()) + [nobody], timeout: .seconds(20))
      #expect(answers.count == 649)
      #expect(answers.values.allSatisfy { $0 == AgentAnswer(.busy) })
    }
    let urls = client.asked.map(\.url)
    #expect(urls.filter { $0.hasSuffix("/token") }.count == 1)
    #expect(urls.filter { $0.hasSuffix("/$batch") }.count == 33)
    #expect(urls.filter { $0.hasSuffix("/getPresencesByUserId") }.count == 2)
    let token = try #require(client.asked.first { $0.url.hasSuffix("/token") })
    let form = String(decoding: token.body ?? [], as: UTF8.self)
    #expect(form.hasPrefix("grant_type=client_credentials&client_id=me&client_secret="))
    #expect(form.hasSuffix("&scope=https%3A%2F%2Fgraph.example%2F.default"))
    #expect(token.isConfidential)
  }

  @Test("An id is asked for as it is, and one that is none not at all")
  func ids() async throws {
    let client = Self.graph()
    let agent = try makeAgent(Self.yaml(), client: client)
    #expect(try await agent.presence(of: "ABCDEF00-0000-0000-0000-00000000000a") == AgentAnswer(.busy))
    #expect(try await agent.presence(of: "jane") == nil)
    #expect(client.asked.map(\.url).filter { $0.hasSuffix("/$batch") }.isEmpty)
    #expect(client.asked.last?.body == Array(#"{"ids":["abcdef00-0000-0000-0000-00000000000a"]}"#.utf8))
  }

  @Test(
    "Users are found by the configured property, and quotes stay inside of it",
    arguments: [
      ("userPrincipalName", "/users/o%27neil%2F%3F%40corp.example?$select=id"),
      ("mail", "/users?$select=id&$top=2&$filter=mail%20eq%20%27o%27%27neil%2F%3F%40corp.example%27"),
      (
        "imAddress",
        "/users?$select=id&$top=2&$filter="
          + "imAddresses%2Fany%28a%3Aa%20eq%20%27sip%3Ao%27%27neil%2F%3F%40corp.example%27%29"
      ),
    ]
  )
  func identity(name: String, path: String) throws {
    #expect(GraphIdentity(rawValue: name)?.path(for: "o'neil/?@corp.example") == path)
  }

  @Test("A list with one user is that user, with several nobody")
  func lists() throws {
    let one = JSONValue(Array(#"{"value":[{"id":"\#(Self.id(1))"}]}"#.utf8))
    #expect(try GraphFormat.userID(in: one) == Self.id(1))
    let two = JSONValue(Array(#"{"value":[{"id":"\#(Self.id(1))"},{"id":"\#(Self.id(2))"}]}"#.utf8))
    #expect(try GraphFormat.userID(in: two) == nil)
    #expect(try GraphFormat.userID(in: JSONValue(Array(#"{"value":[]}"#.utf8))) == nil)
    #expect(throws: AgentError.badJSON) { try GraphFormat.userID(in: JSONValue(Array(#"{"id":"../x"}"#.utf8))) }
  }

  @Test("Retry-After is respected, of a request and of a part of a batch; what was found is kept")
  func retryAfter() async throws {
    let limited = StubHTTPClient { request in
      request.url.hasSuffix("/token")
        ? AgentHTTPResponse(status: 200, body: Array(#"{"token_type":"Bearer","access_token":"abc"}"#.utf8))
        : AgentHTTPResponse(status: 429, headers: [.init("Retry-After", "12")])
    }
    let whole = await #expect(throws: AgentError.self) {
      try await makeAgent(Self.yaml(), client: limited).presence(of: "user1@corp.example")
    }
    #expect(whole?.code == .rateLimited)
    #expect(whole?.retryAfter == .seconds(12))
    let client = Self.graph(batch: { text in
      let second = text.contains("user2") ? #",{"id":"1","status":429,"headers":{"Retry-After":"7"}}"# : ""
      return AgentHTTPResponse(
        status: 200,
        body: Array(#"{"responses":[{"id":"0","status":200,"body":{"id":"\#(Self.id(1))"}}\#(second)]}"#.utf8)
      )
    })
    let agent = try makeAgent(Self.yaml(), client: client)
    let both = try ["user1@corp.example", "user2@corp.example"].map { try IMAddress($0) }
    let part = await #expect(throws: AgentError.self) { try await agent.presence(of: both, timeout: .seconds(20)) }
    #expect(part?.code == .rateLimited)
    #expect(part?.retryAfter == .seconds(7))
    #expect(try await agent.presence(of: "user1@corp.example") == AgentAnswer(.busy))
    #expect(client.asked.filter { $0.url.hasSuffix("/$batch") }.count == 1)
  }

  @Test("Garbage is refused, in every answer")
  func strict() async throws {
    let violations = await AgentConformance.checkStrictness(more: [Array(#"{"value":{}}"#.utf8)]) {
      (body) async throws(AgentError) in
      try GraphFormat.parsePresences(body, at: Self.now).values.first
    }
    #expect(violations == [])
    for body in ["{}", #"{"responses":1}"#, #"{"responses":[{}]}"#, #"{"responses":[]}"#, "nonsense"] {
      let client = Self.graph(batch: { _ in AgentHTTPResponse(status: 200, body: Array(body.utf8)) })
      let error = await #expect(throws: AgentError.self) {
        try await makeAgent(Self.yaml(), client: client).presence(of: "user1@corp.example")
      }
      #expect(error?.code == .badAnswer)
    }
  }

  @Test("It wants to know who it is, and is launched as Teams")
  func configuration() throws {
    let error = #expect(throws: ConfigurationProblems.self) {
      try makeAgent("[{type: graph, name: g, batch: 651, identity: name}]", client: StubHTTPClient(""))
    }
    #expect(
      Set(error?.problems.map(\.key) ?? []) == [
        "agents[0].claims", "agents[0].credentials", "agents[0].batch", "agents[0].identity",
      ]
    )
    let tenantless = Self.yaml().replacing("tenant: corp.example", with: "freshness: 1m")
    let missing = #expect(throws: ConfigurationProblems.self) { try makeAgent(tenantless, client: StubHTTPClient("")) }
    #expect(missing?.problems.map(\.key) == ["agents[0].credentials.tokenURL"])
    let launch = try makeAgent(Self.yaml(), client: StubHTTPClient("")).descriptor.launch
    #expect(launch?.client == "Microsoft Teams")
    #expect(launch?.uri(for: .jane) == "https://teams.microsoft.com/l/chat/0/0?users=jane@corp.example")
  }

  @Test(
    "HTML becomes text",
    arguments: [
      ("", ""), ("a<b", "a"), ("a<br>b", "a b"), ("<p>a</p>b", "a b"), ("&lt;&#x41;&quot;", "<A\""), ("a & b", "a & b"),
      ("&unknown;", "&unknown;"), ("&#xD800;", "&#xD800;"), ("&#99999999999;", "&#99999999999;"), ("<<>>", ">"),
    ]
  )
  func markup(html: String, expected: String) {
    #expect(MarkupText.plain(html) == expected)
  }
}
