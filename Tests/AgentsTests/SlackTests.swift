// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct SlackTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_999)

  private static func yaml(_ more: String = "") -> String {
    """
    - type: slack
      name: slack
      url: https://slack.example/api
      claims: [{domain: corp.example}, {scheme: none, pattern: "U*"}]
      credentials: {token: {env: PATH}}
      \(more)
    """
  }

  /// Slack, as a map of methods to answers.
  private static func slack(_ answers: [String: String]) -> StubHTTPClient {
    StubHTTPClient { request in
      let method = request.url.split(separator: "/").last?.prefix { $0 != "?" } ?? ""
      guard let body = answers[String(method)] else { return AgentHTTPResponse(status: 500) }
      return AgentHTTPResponse(status: 200, body: Array(body.utf8))
    }
  }

  @Test(
    "Active is online; away is away, unless Slack has noticed no activity of who is connected",
    arguments: [
      (#"{"ok":true,"presence":"active"}"#, .online, false),
      (#"{"ok":true,"presence":"away"}"#, .away, false),
      (#"{"ok":true,"presence":"away","auto_away":true,"online":true}"#, .online, true),
      (#"{"ok":true,"presence":"away","auto_away":false,"manual_away":true,"online":true}"#, .away, false),
      (#"{"ok":true,"presence":"away","auto_away":true,"online":false}"#, .away, false),
      (#"{"ok":true,"presence":"away","auto_away":true}"#, .away, false),
      (#"{"ok":true,"presence":"ACTIVE"}"#, nil, false), (#"{"ok":true,"presence":""}"#, nil, false),
      (#"{"ok":false,"error":"user_not_found"}"#, nil, false),
      (#"{"ok":false,"error":"user_not_visible","presence":"active"}"#, nil, false),
    ] as [(String, PresenceState?, Bool)]
  )
  func presence(body: String, state: PresenceState?, isInactive: Bool) throws {
    let answer = try SlackFormat.parsePresence(Array(body.utf8))
    #expect(answer?.state == state)
    #expect(answer?.isInactive ?? false == isInactive)
  }

  @Test(
    "A snooze counts until its end, the daily hours where they are told to",
    arguments: [
      (#"{"ok":true,"snooze_enabled":true,"snooze_endtime":1800000001}"#, true, true),
      (#"{"ok":true,"snooze_enabled":true,"snooze_endtime":1800000000}"#, false, false),
      (#"{"ok":true,"snooze_enabled":true}"#, true, true),
      (#"{"ok":true,"snooze_enabled":false,"snooze_endtime":1900000000}"#, false, false),
      (
        #"{"ok":true,"dnd_enabled":true,"next_dnd_start_ts":1800000000,"next_dnd_end_ts":1800000001}"#, false, true
      ),
      (
        #"{"ok":true,"dnd_enabled":true,"next_dnd_start_ts":1800000001,"next_dnd_end_ts":1800000002}"#, false, false
      ),
      (
        #"{"ok":true,"dnd_enabled":true,"next_dnd_start_ts":1700000000,"next_dnd_end_ts":1800000000}"#, false, false
      ),
      (
        #"{"ok":true,"dnd_enabled":false,"next_dnd_start_ts":1,"next_dnd_end_ts":1900000000}"#, false, false
      ),
    ]
  )
  func doNotDisturb(body: String, snooze: Bool, always: Bool) throws {
    for (includesSchedule, expected) in [(false, snooze), (true, always)] {
      let found = try SlackFormat.parseDoNotDisturb(
        Array(body.utf8),
        at: Self.now,
        includesSchedule: includesSchedule
      )
      #expect(found == expected)
    }
  }

  @Test(
    "A status text counts until it expires",
    arguments: [
      (#"{"status_text":"Lunch","status_expiration":0}"#, "Lunch"), (#"{"status_text":"Lunch"}"#, "Lunch"),
      (#"{"status_text":"Lunch","status_expiration":1800000001}"#, "Lunch"),
      (#"{"status_text":"Lunch","status_expiration":1800000000}"#, nil),
      (#"{"status_emoji":":x:"}"#, nil),
    ] as [(String, String?)]
  )
  func status(profile: String, expected: String?) throws {
    let body = Array(#"{"ok":true,"profile":\#(profile)}"#.utf8)
    #expect(try SlackFormat.parseStatus(body, at: Self.now) == expected)
  }

  @Test(
    "An error of Slack's is what it means",
    arguments: [
      ("ratelimited", .rateLimited), ("invalid_auth", .unauthorized), ("missing_scope", .unauthorized),
      ("internal_error", .unavailable), ("something_new", .badAnswer),
    ] as [(String, AgentError.Code)]
  )
  func errors(name: String, code: AgentError.Code) {
    let error = #expect(throws: AgentError.self) {
      try SlackFormat.parsePresence(Array(#"{"ok":false,"error":"\#(name)"}"#.utf8), retryAfter: .seconds(7))
    }
    #expect(error?.code == code)
    #expect(error?.retryAfter == (code == .rateLimited ? .seconds(7) : nil))
  }

  @Test("A mail address is looked up once; presence, snooze and status become one answer")
  func wholeAnswer() async throws {
    let client = Self.slack([
      "users.lookupByEmail": #"{"ok":true,"user":{"id":"U123"}}"#,
      "users.getPresence": #"{"ok":true,"presence":"active"}"#,
      "dnd.info": #"{"ok":true,"snooze_enabled":true}"#,
      "users.profile.get": #"{"ok":true,"profile":{"status_text":"In a meeting"}}"#,
    ])
    let agent = try makeAgent(Self.yaml(), client: client)
    for _ in 0..<2 {
      #expect(try await agent.presence(of: "sip:j&e@corp.example") == AgentAnswer(.busy, message: "In a meeting"))
    }
    let urls = client.asked.map(\.url)
    #expect(
      urls.filter { $0.contains("lookup") } == [
        "https://slack.example/api/users.lookupByEmail?email=j%26e%40corp.example"
      ]
    )
    #expect(urls.contains("https://slack.example/api/users.getPresence?user=U123"))
    #expect(client.asked.allSatisfy { $0.headers.map(\.name) == ["Authorization"] })
  }

  @Test("A status that cannot be had costs the message only; a snooze that cannot be had costs the answer")
  func parts() async throws {
    let presence = ["users.getPresence": #"{"ok":true,"presence":"active"}"#]
    let ignoring = try makeAgent(Self.yaml("doNotDisturb: ignore"), client: Self.slack(presence))
    #expect(try await ignoring.presence(of: "U123") == AgentAnswer(.online))
    let agent = try makeAgent(Self.yaml(), client: Self.slack(presence))
    let error = await #expect(throws: AgentError.self) { try await agent.presence(of: "U123") }
    #expect(error?.code == .unavailable)
  }

  @Test("Who has no user is unknown, remembered, and nothing else is asked")
  func unknownUser() async throws {
    let client = Self.slack(["users.lookupByEmail": #"{"ok":false,"error":"users_not_found"}"#])
    let agent = try makeAgent(Self.yaml(), client: client)
    for _ in 0..<2 { #expect(try await agent.presence(of: "nobody@corp.example") == nil) }
    #expect(client.asked.count == 1)
    #expect(try await agent.presence(of: "Ujane") == nil)
    #expect(client.asked.count == 1)
  }

  @Test("HTTP 429 tells how long to wait")
  func rateLimit() async throws {
    let client = StubHTTPClient(status: 429, headers: [.init("Retry-After", "30")], "")
    let error = await #expect(throws: AgentError.self) {
      try await makeAgent(Self.yaml(), client: client).presence(of: "U123")
    }
    #expect(error?.code == .rateLimited)
    #expect(error?.retryAfter == .seconds(30))
  }

  @Test("Garbage is refused")
  func strict() async {
    let violations = await AgentConformance.checkStrictness(more: [Array(#"{"ok":true}"#.utf8)]) {
      (body) async throws(AgentError) in
      try SlackFormat.parsePresence(body)
    }
    #expect(violations == [])
    for body in ["{}", "[]", #"{"ok":true}"#, #"{"ok":true,"profile":1}"#] {
      #expect(throws: AgentError.badJSON) { try SlackFormat.parseStatus(Array(body.utf8), at: Self.now) }
      #expect(throws: AgentError.badJSON) { try SlackFormat.parseUser(Array(body.utf8)) }
    }
    #expect(throws: AgentError.badJSON) {
      try SlackFormat.parseUser(Array(#"{"ok":true,"user":{"id":"../x"}}"#.utf8))
    }
  }

  @Test("Its client opens the workspace, where there is one")
  func launch() throws {
    let plain = try makeAgent(Self.yaml(), client: StubHTTPClient("")).descriptor
    #expect(plain.launch == nil)
    let corp = try makeAgent(Self.yaml("workspace: corp"), client: StubHTTPClient("")).descriptor
    #expect(corp.launch?.uri(for: try IMAddress("jane@corp.example")) == "https://corp.slack.com/")
    for name in ["evil.example/", "evil.example:", "a.b", "", "a_b", "ä"] {
      let error = #expect(throws: ConfigurationProblems.self) {
        try makeAgent(Self.yaml("workspace: '\(name)'"), client: StubHTTPClient(""))
      }
      #expect(error?.problems.map(\.key) == ["agents[0].workspace"])
    }
  }
}
