// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct ICQTests {
  private static let yaml = "[{type: icq, name: icq, url: \"http://icq.example/\"}]"

  /// The head of a GIF up to byte 13, and that byte.
  private static func gif(_ byte: UInt8, version: String = "GIF89a") -> [UInt8] {
    Array(version.utf8) + [18, 0, 18, 0, 0xB3, 0, 0] + [byte, 0, 0]
  }

  @Test(
    "Byte 13 of a picture is the state, and what is no picture has none",
    arguments: [
      (gif(0x40), .online), (gif(0x84), .offline), (gif(0x40, version: "GIF87a"), .online), (gif(0x41), nil),
      (gif(0x00), nil), (gif(0x40, version: "GIF90a"), nil), (Array(gif(0x40).prefix(13)), nil),
      (Array(gif(0x40).prefix(14)), .online), ([], nil), (Array("<html>.......@".utf8), nil),
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0, 0x84], .offline),
      ([0xFF, 0xD8, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40], .online),
    ] as [([UInt8], PresenceState?)]
  )
  func picture(body: [UInt8], state: PresenceState?) async throws {
    #expect(ICQFormat.parse(body, fingerprints: ICQFormat.fingerprints) == state)
    let agent = try makeAgent(Self.yaml, client: StubHTTPClient(body: body))
    #expect(try await agent.presence(of: "icq:123456") == state.map { AgentAnswer($0) })
  }

  @Test(
    "A redirect's target is the state; \"not published\" and others are unknown",
    arguments: [
      ("/online1.gif", .online), ("http://other.example/img/online0.gif?x", .offline), ("online2.gif", nil),
      ("/online1.gif/", .online), ("/Online1.gif", nil), ("/", nil), ("", nil), ("/?online1.gif", nil),
    ] as [(String, PresenceState?)]
  )
  func redirect(location: String, state: PresenceState?) async throws {
    for status in [301, 302, 303, 307, 308] {
      let client = StubHTTPClient(status: status, headers: [.init("Location", location)], "")
      let agent = try makeAgent(Self.yaml, client: client)
      #expect(try await agent.presence(of: "icq:123456") == state.map { AgentAnswer($0) })
      #expect(client.asked.map(\.redirects) == [.none])
    }
  }

  @Test("The request has the number, and only numbers are asked for")
  func request() async throws {
    let client = StubHTTPClient(body: Self.gif(0x40))
    let agent = try makeAgent(Self.yaml, client: client)
    #expect(try await agent.presence(of: "icq:123456") == AgentAnswer(.online))
    for address in ["icq:123", "icq:12345678901", "icq:12x45", "icq:12345&img=1", "icq:12345@x", "icq:١٢٣٤٥"] {
      #expect(try await agent.presence(of: address) == nil)
    }
    #expect(client.asked.map(\.url) == ["http://icq.example/online.gif?icq=123456&img=5"])
    #expect(
      agent.descriptor.launch?.uri(for: try IMAddress("icq:123456"))
        == "https://wwp.icq.com/scripts/contact.dll?msgto=123456"
    )
    #expect(
      AgentConformance.checkDescriptor(agent.descriptor, claims: ["icq:123456"], leaves: ["123456", "sip:j@a"]).isEmpty
    )
  }

  @Test("Fingerprints and redirects are configurable; another picture needs its own")
  func configured() async throws {
    let yaml = """
      - type: icq
        name: icq
        image: 2
        fingerprints: [{offset: 14, hex: "0102", startsWith: "474946", state: busy}]
        redirects: {gone.gif: away}
      """
    let picture = StubHTTPClient(body: Self.gif(0x40).dropLast(2) + [1, 2])
    #expect(try await makeAgent(yaml, client: picture).presence(of: "icq:123456") == AgentAnswer(.busy))
    #expect(picture.asked.map(\.url) == ["http://status.icq.com/online.gif?icq=123456&img=2"])
    let redirect = StubHTTPClient(status: 302, headers: [.init("Location", "/gone.gif")], "")
    #expect(try await makeAgent(yaml, client: redirect).presence(of: "icq:123456") == AgentAnswer(.away))
    let error = #expect(throws: ConfigurationProblems.self) {
      try makeAgent("[{type: icq, name: icq, image: 2}]", client: redirect)
    }
    #expect(error?.problems.map(\.key) == ["agents[0].fingerprints"])
  }

  @Test("Garbage is no state")
  func strict() async {
    let violations = await AgentConformance.checkStrictness(more: [Array("GIF89a".utf8)]) {
      (body) async throws(AgentError) in
      ICQFormat.parse(body, fingerprints: ICQFormat.fingerprints).map { AgentAnswer($0) }
    }
    #expect(violations == [])
  }
}
