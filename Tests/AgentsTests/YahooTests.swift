// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct YahooTests {
  private static let yaml = "[{type: yahoo, name: yahoo, url: \"http://opi.example/\"}]"

  @Test(
    "An answer is one of six forms, and everything else is unknown",
    arguments: [
      ("01", .online), ("00", .offline), (" 01\r\n", .online), ("jane 01", .online), ("JANE00", .offline),
      ("jane is ONLINE", .online), ("jane is NOT ONLINE", .offline), ("jane  IS  ONLINE\n", .online),
      ("NOT ONLINE", .offline), ("is online", .online), ("1", nil), ("0", nil), ("", nil), ("02", nil), ("001", nil),
      ("ONLINE", nil), ("jane", nil), ("joe is ONLINE", nil), ("joe 01", nil),
      ("jane is NOT ONLINE or ONLINE", nil), ("<html>jane is ONLINE</html>", nil),
      ("The service is ONLINE", nil), ("jane is ONLINE again from tomorrow", nil),
    ] as [(String, PresenceState?)]
  )
  func parse(text: String, state: PresenceState?) {
    #expect(YahooFormat.parse(Array(text.utf8), id: "jane") == state)
  }

  @Test("An id that looks like a code is not taken for one")
  func confusingIDs() {
    #expect(YahooFormat.parse(Array("01 00".utf8), id: "01") == .offline)
    #expect(YahooFormat.parse(Array("00 01".utf8), id: "00") == .online)
    #expect(YahooFormat.parse(Array("00 01".utf8), id: "jane") == nil)
  }

  @Test("The request asks for one id, encoded")
  func request() async throws {
    let client = StubHTTPClient("01")
    let agent = try makeAgent(Self.yaml, client: client)
    #expect(try await agent.presence(of: "ymsgr:jane&m=g") == AgentAnswer(.online))
    #expect(client.asked.map(\.url) == ["http://opi.example/online?u=jane%26m%3Dg&m=t&t=1"])
    #expect(
      AgentConformance.checkDescriptor(agent.descriptor, claims: ["ymsgr:jane"], leaves: ["jane", "sip:j@a"]).isEmpty
    )
  }

  @Test("Garbage, refusals and images are not online")
  func strict() async throws {
    let violations = await AgentConformance.checkStrictness(more: [Array("GIF89a".utf8), Array("01\u{0}".utf8)]) {
      (body) async throws(AgentError) in
      YahooFormat.parse(body, id: "jane").map { AgentAnswer($0) }
    }
    #expect(violations == [])
    for status in [302, 403, 404] {
      let agent = try makeAgent(Self.yaml, client: StubHTTPClient(status: status, "01"))
      #expect(try await agent.presence(of: "ymsgr:jane") == nil)
    }
    let broken = try makeAgent(Self.yaml, client: StubHTTPClient(status: 500, "01"))
    let error = await #expect(throws: AgentError.self) { try await broken.presence(of: "ymsgr:jane") }
    #expect(error?.code == .unavailable)
  }
}
