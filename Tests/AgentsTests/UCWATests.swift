// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Synchronization
import Testing

@testable import Agents

struct UCWATests {
  private static func yaml(_ more: String = "") -> String {
    """
    - type: ucwa
      name: lync
      url: https://pool.example/ucwa/oauth/v1/applications
      userDomain: corp.example
      claims: [{scheme: "sip?"}]
      credentials: {token: {env: PATH}}
      \(more)
    """
  }

  /// A pool that makes applications 1, 2, … and answers within the one that was made last.
  private static func pool(
    presence: String = #"{"availability":"Busy","activity":"in-a-conference","lastActive":"/Date(1358827096000)/"}"#,
    note: String? = #"{"message":"In a meeting","type":"Personal"}"#,
    link: String = "/ucwa/oauth/v1/applications/",
    endsFirst: Bool = false
  ) -> StubHTTPClient {
    let created = Atomic<Int>(0)
    return StubHTTPClient { request in
      if request.method == "POST" {
        let number = created.add(1, ordering: .relaxed).newValue
        return AgentHTTPResponse(
          status: 201,
          body: Array(#"{"culture":"en-US","_links":{"self":{"href":"\#(link)\#(number)"}}}"#.utf8)
        )
      }
      if endsFirst, request.url.contains("/applications/1/") {
        return AgentHTTPResponse(
          status: 404,
          body: Array(#"{"code":"NotFound","subcode":"ApplicationNotFound"}"#.utf8)
        )
      }
      if request.url.hasSuffix("/note") {
        return note.map { AgentHTTPResponse(status: 200, body: Array($0.utf8)) } ?? AgentHTTPResponse(status: 503)
      }
      return AgentHTTPResponse(status: 200, body: Array(presence.utf8))
    }
  }

  @Test(
    "Every availability is a state",
    arguments: [
      ("Online", .online, false), ("IdleOnline", .online, true), ("Busy", .busy, false), ("IdleBusy", .busy, true),
      ("DoNotDisturb", .busy, false), ("Away", .away, false), ("BeRightBack", .away, false),
      ("Offline", .offline, false), ("None", nil, false), ("online", nil, false), ("", nil, false),
    ] as [(String, PresenceState?, Bool)]
  )
  func availability(text: String, state: PresenceState?, isInactive: Bool) throws {
    let answer = try UCWAFormat.parsePresence(Array(#"{"availability":"\#(text)"}"#.utf8))
    #expect(answer?.state == state)
    #expect(answer?.isInactive ?? false == isInactive)
  }

  @Test("An application is made once, and in it presence and note are asked for")
  func requests() async throws {
    let client = Self.pool()
    let agent = try makeAgent(Self.yaml(), client: client)
    let busy = AgentAnswer(.busy, message: "In a meeting")
    #expect(try await agent.presence(of: "sip:j/e@Corp.example") == busy)
    #expect(try await agent.presence(of: "jane") == busy)
    let urls = client.asked.map(\.url)
    #expect(client.asked.filter { $0.method == "POST" }.count == 1)
    #expect(urls.contains("https://pool.example/ucwa/oauth/v1/applications/1/people/j%2Fe%40corp.example/presence"))
    #expect(urls.contains("https://pool.example/ucwa/oauth/v1/applications/1/people/jane%40corp.example/note"))
    #expect(client.asked.allSatisfy { $0.headers.contains { $0.name == "Authorization" } })
  }

  @Test("An application that the server has ended is made anew")
  func applicationGone() async throws {
    let client = Self.pool(endsFirst: true)
    let agent = try makeAgent(Self.yaml("note: false"), client: client)
    #expect(try await agent.presence(of: "jane") == AgentAnswer(.busy))
    #expect(client.asked.map(\.method) == ["POST", "GET", "POST", "GET"])
  }

  @Test("A note that cannot be had costs the message only, and may be switched off")
  func note() async throws {
    for note in [nil, "{}", "[]", "nonsense", #"{"message":1}"#] {
      let agent = try makeAgent(Self.yaml(), client: Self.pool(note: note))
      #expect(try await agent.presence(of: "jane") == AgentAnswer(.busy))
    }
    let client = Self.pool()
    #expect(try await makeAgent(Self.yaml("note: false"), client: client).presence(of: "jane") == AgentAnswer(.busy))
    #expect(!client.asked.contains { $0.url.hasSuffix("/note") })
  }

  @Test("A link to another host makes no application", arguments: ["https://evil.example/", "//evil.example/", "x"])
  func foreignApplication(link: String) async throws {
    let client = Self.pool(link: link)
    let error = await #expect(throws: AgentError.self) {
      try await makeAgent(Self.yaml(), client: client).presence(of: "jane")
    }
    #expect(error?.code == .unavailable)
    #expect(client.asked.allSatisfy { $0.url.hasPrefix("https://pool.example/") })
  }

  @Test("A person who is not found, or not shown, is unknown; a refused token is a failure")
  func refusals() async throws {
    for (status, code) in [(403, nil), (404, nil), (401, .unauthorized)] as [(Int, AgentError.Code?)] {
      let client = StubHTTPClient { request in
        request.method == "POST"
          ? AgentHTTPResponse(status: 201, body: Array(#"{"_links":{"self":{"href":"/a/1"}}}"#.utf8))
          : AgentHTTPResponse(status: status, body: Array(#"{"code":"NotFound"}"#.utf8))
      }
      let agent = try makeAgent(Self.yaml(), client: client)
      do throws(AgentError) {
        #expect(try await agent.presence(of: [IMAddress.jane], timeout: .seconds(20)) == [:])
        #expect(code == nil)
      } catch {
        #expect(error.code == code)
      }
    }
  }

  @Test("Garbage is refused, and the client is Microsoft Communicator")
  func strict() async throws {
    let violations = await AgentConformance.checkStrictness(more: [Array(#"{"availability":1}"#.utf8)]) {
      (body) async throws(AgentError) in
      try UCWAFormat.parsePresence(body)
    }
    #expect(violations == [])
    let launch = try makeAgent(Self.yaml(), client: Self.pool()).descriptor.launch
    #expect(launch?.client == "Microsoft Communicator")
    #expect(launch?.uri(for: .jane) == "sip:jane@corp.example")
  }
}
