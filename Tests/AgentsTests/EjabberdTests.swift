// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct EjabberdTests {
  /// A session as ejabberd 23.01 writes it.
  private static func session(_ show: String, _ message: String = "", priority: Int = 0) -> String {
    """
    {"connection":"c2s","ip":"127.0.0.1","port":35336,"priority":\(priority),"node":"nonode@nohost","uptime":1,\
    "status":"\(show)","resource":"test","statustext":"\(message)"}
    """
  }

  private static func yaml(_ more: String = "") -> String {
    """
    - type: ejabberd
      name: xmpp
      url: http://127.0.0.1:5280/api
      claims: [{scheme: xmpp?, domain: corp.example}]
      \(more)
    """
  }

  @Test(
    "Every show is a state",
    arguments: [
      ("available", .online), ("chat", .online), ("dnd", .busy), ("away", .away), ("xa", .away),
      ("unavailable", .offline), ("offline", .offline), ("busy", nil), ("DND", nil), ("online", nil),
    ] as [(String, PresenceState?)]
  )
  func shows(show: String, state: PresenceState?) throws {
    let sessions = try EjabberdFormat.parseSessions(Array("[\(Self.session(show))]".utf8))
    #expect(sessions == state.map { AgentAnswer($0) })
    let presence = try EjabberdFormat.parsePresence(
      Array(#"{"jid":"jane@corp.example","show":"\#(show)","status":"Lunch"}"#.utf8)
    )
    #expect(presence == state.map { AgentAnswer($0, message: "Lunch") })
  }

  @Test(
    "All sessions count: busy before online before away before offline, the message is the winner's",
    arguments: [
      ([], AgentAnswer(.offline)),
      ([session("away", "A"), session("available", "B")], AgentAnswer(.online, message: "B")),
      ([session("chat", "A"), session("dnd", "B"), session("xa", "C")], AgentAnswer(.busy, message: "B")),
      ([session("unavailable", "A"), session("xa")], AgentAnswer(.away)),
      ([session("dnd", "A", priority: -1), session("dnd", "B", priority: 5)], AgentAnswer(.busy, message: "B")),
      ([session("dnd"), session("dnd", "B")], AgentAnswer(.busy, message: "B")),
      ([session("nonsense", "A"), session("away", "B")], AgentAnswer(.away, message: "B")),
      ([session("nonsense")], nil),
    ] as [([String], AgentAnswer?)]
  )
  func aggregation(sessions: [String], expected: AgentAnswer?) throws {
    let body = "[" + sessions.joined(separator: ",") + "]"
    #expect(try EjabberdFormat.parseSessions(Array(body.utf8)) == expected)
  }

  @Test("What is no list of sessions is a bad answer, never a state")
  func strict() async throws {
    for body in [#"{"status":"error","code":32}"#, "[{}]", "[1]", #"[{"status":1}]"#, "[[]]", "0"] {
      #expect(throws: AgentError.badJSON) { try EjabberdFormat.parseSessions(Array(body.utf8)) }
    }
    let violations = await AgentConformance.checkStrictness { (body) async throws(AgentError) in
      try EjabberdFormat.parseSessions(body)
    }
    #expect(violations == [])
    let more = await AgentConformance.checkStrictness { (body) async throws(AgentError) in
      try EjabberdFormat.parsePresence(body)
    }
    #expect(more == [])
  }

  @Test("The request names user and host as JSON strings, and carries the credentials")
  func request() async throws {
    let client = StubHTTPClient("[]")
    let agent = try makeAgent(
      Self.yaml("credentials: {user: admin@corp.example, password: {env: PATH}}"),
      client: client
    )
    #expect(try await agent.presence(of: "xmpp:o'neil@CORP.example") == AgentAnswer(.offline))
    let request = try #require(client.asked.first)
    #expect(request.method == "POST")
    #expect(request.url == "http://127.0.0.1:5280/api/user_sessions_info")
    #expect(request.body == Array(#"{"user":"o'neil","host":"corp.example"}"#.utf8))
    #expect(request.headers.contains { $0.name == "Authorization" && $0.value.hasPrefix("Basic ") })
  }

  @Test("An address without a domain is of the configured host, or unknown")
  func bareUser() async throws {
    let client = StubHTTPClient("[]")
    let yaml = Self.yaml().replacing("{scheme: xmpp?, domain: corp.example}", with: "{shape: withoutDomain}")
    #expect(try await makeAgent(yaml, client: client).presence(of: "jane") == nil)
    #expect(client.asked.isEmpty)
    let hosted = try makeAgent(yaml + "\n  host: corp.example", client: client)
    #expect(try await hosted.presence(of: "jane") == AgentAnswer(.offline))
  }

  @Test("An account that may not see sessions asks for the first one where it is told to")
  func either() async throws {
    let client = StubHTTPClient { request in
      request.url.hasSuffix("user_sessions_info")
        ? AgentHTTPResponse(status: 403, body: Array(#"{"status":"error","code":32}"#.utf8))
        : AgentHTTPResponse(status: 200, body: Array(#"{"jid":"j","show":"dnd","status":"Busy"}"#.utf8))
    }
    let either = try makeAgent(Self.yaml("command: either"), client: client)
    #expect(try await either.presence(of: "jane@corp.example") == AgentAnswer(.busy, message: "Busy"))
    let strict = try makeAgent(Self.yaml(), client: client)
    let error = await #expect(throws: AgentError.self) { try await strict.presence(of: "jane@corp.example") }
    #expect(error?.code == .unauthorized)
    let unknown = try makeAgent(Self.yaml(), client: StubHTTPClient(status: 404, ""))
    #expect(try await unknown.presence(of: "jane@corp.example") == nil)
  }

  @Test("It claims what its configuration says, and is launched as XMPP")
  func descriptor() throws {
    let agent = try makeAgent(Self.yaml(), client: StubHTTPClient("[]"))
    let violations = AgentConformance.checkDescriptor(
      agent.descriptor,
      claims: ["jane@corp.example", "xmpp:jane@corp.example"],
      leaves: ["sip:jane@corp.example", "jane@other.example", "jane"]
    )
    #expect(violations == [])
  }

  @Test(
    "Base 64 is RFC 4648's",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ]
  )
  func base64(text: String, expected: String) {
    #expect(Base64.encode(Array(text.utf8)) == expected)
  }
}
