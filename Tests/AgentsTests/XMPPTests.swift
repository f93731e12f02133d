// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Agents

struct OpenfireTests {
  private static let yaml = """
    - type: openfire
      name: openfire
      url: http://openfire.example:9090/plugins
      requester: agent@corp.example
      host: corp.example
      claims: [{scheme: "xmpp?"}]
    """

  @Test(
    "A stanza's type and show are the state; an error, and what is not known, is none",
    arguments: [
      ("<presence from='jane@corp.example/desk'/>", AgentAnswer(.online)),
      ("<presence><show>chat</show></presence>", AgentAnswer(.online)),
      ("<presence><show/></presence>", AgentAnswer(.online)),
      ("<presence><show>away</show><status>Lunch</status></presence>", AgentAnswer(.away, message: "Lunch")),
      ("<presence><show>xa</show></presence>", AgentAnswer(.away)),
      (
        "<presence><show>dnd</show><status>A &amp; B</status><priority>5</priority></presence>",
        AgentAnswer(.busy, message: "A & B")
      ),
      ("<presence type='unavailable'><status>Gone</status></presence>", AgentAnswer(.offline, message: "Gone")),
      ("<presence type='unavailable'><show>chat</show></presence>", AgentAnswer(.offline)),
      ("<presence type='error'><error code='403' type='auth'><forbidden/></error></presence>", nil),
      ("<presence type='error'/>", nil), ("<presence><error><forbidden/></error></presence>", nil),
      ("<presence type='subscribe'/>", nil), ("<presence type=''/>", nil),
      ("<presence><show>online</show></presence>", nil), ("<presence><show>DND</show></presence>", nil),
      ("<presence><show>unavailable</show></presence>", nil), ("<presence><show>available</show></presence>", nil),
      ("<presence><idle xmlns='urn:xmpp:idle:1' since='2026-01-01T00:00:00Z'/></presence>", AgentAnswer(.online)),
    ] as [(String, AgentAnswer?)]
  )
  func stanza(text: String, expected: AgentAnswer?) async throws {
    #expect(try XMPPStanza.parsePresence(Array(text.utf8)) == expected)
    #expect(try await makeAgent(Self.yaml, client: StubHTTPClient(text)).presence(of: "jane") == expected)
  }

  @Test("The request names both users as values of the query")
  func request() async throws {
    let client = StubHTTPClient("<presence/>")
    let agent = try makeAgent(Self.yaml, client: client)
    #expect(try await agent.presence(of: "xmpp:j&req_jid=x@Corp.example") == AgentAnswer(.online))
    #expect(
      client.asked.map(\.url) == [
        "http://openfire.example:9090/plugins/presence/status?jid=j%26req_jid%3Dx%40corp.example"
          + "&req_jid=agent%40corp.example&type=xml"
      ]
    )
    #expect(
      agent.descriptor.launch?.uri(for: try IMAddress("xmpp:jane@corp.example"))
        == "xmpp:jane@corp.example?message"
    )
  }

  @Test("What is no stanza is a bad answer, as is the plugin's plain text")
  func strict() async {
    let violations = await AgentConformance.checkStrictness(more: [Array("null".utf8), Array("Online".utf8)]) {
      (body) async throws(AgentError) in
      try XMPPStanza.parsePresence(body)
    }
    #expect(violations == [])
    #expect(throws: AgentError.badXML) { try XMPPStanza.parsePresence(Array("<iq/>".utf8)) }
  }
}

struct WebPresenceTests {
  private static let yaml = """
    - type: webpresence
      name: web
      url: http://ejabberd.example:5280/presence
      claims: [{scheme: "xmpp?"}]
    """

  private static func document(_ resources: String) -> [UInt8] {
    Array(
      "<?xml version='1.0' encoding='utf-8'?><presence user='jane' server='corp.example'>\(resources)</presence>".utf8
    )
  }

  private static func resource(_ show: String, _ message: String = "", priority: Int = 0) -> String {
    "<resource name='desk' show='\(show)' priority='\(priority)'>\(message)</resource>"
  }

  @Test(
    "All resources count",
    arguments: [
      ("", AgentAnswer(.offline)), (resource("available"), AgentAnswer(.online)),
      (resource("chat"), AgentAnswer(.online)), (resource("xa"), AgentAnswer(.away)),
      (resource("away", "Lunch &amp; &lt;b&gt;"), AgentAnswer(.away, message: "Lunch & <b>")),
      (resource("available", "A") + resource("dnd", "B"), AgentAnswer(.busy, message: "B")),
      (resource("dnd", "A", priority: -5) + resource("dnd", "B"), AgentAnswer(.busy, message: "B")),
      (resource("unavailable"), AgentAnswer(.offline)), (resource("nonsense"), nil),
      (resource("nonsense") + resource("away"), AgentAnswer(.away)),
    ] as [(String, AgentAnswer?)]
  )
  func resources(text: String, expected: AgentAnswer?) throws {
    let answer = try WebPresenceFormat.parse(Self.document(text), user: "jane", server: "corp.example")
    #expect(answer == expected)
  }

  @Test("A document of somebody else, or of another form, is a bad answer")
  func strict() async {
    for body in ["<presence/>", "<presence user='joe' server='corp.example'/>", "<html user='jane'/>"] {
      #expect(throws: AgentError.badXML) {
        try WebPresenceFormat.parse(Array(body.utf8), user: "jane", server: "corp.example")
      }
    }
    for inside in ["<resource/>", "<resource name='x'/>", "<x show='away'/>"] {
      #expect(throws: AgentError.badXML) {
        try WebPresenceFormat.parse(Self.document(inside), user: "jane", server: "corp.example")
      }
    }
    let violations = await AgentConformance.checkStrictness { (body) async throws(AgentError) in
      try WebPresenceFormat.parse(body, user: "jane", server: "corp.example")
    }
    #expect(violations == [])
  }

  @Test("The request has user and server as segments, in lower case as the module knows them")
  func request() async throws {
    let client = StubHTTPClient(body: Self.document(Self.resource("away")))
    let agent = try makeAgent(Self.yaml, client: client)
    #expect(try await agent.presence(of: "xmpp:JANE@Corp.example") == AgentAnswer(.away))
    #expect(client.asked.map(\.url) == ["http://ejabberd.example:5280/presence/jid/jane/corp.example/xml"])
    #expect(try await agent.presence(of: "jane") == nil)
    let error = await #expect(throws: AgentError.self) { try await agent.presence(of: "..@corp.example") }
    #expect(error?.code == .unusableAddress)
    #expect(client.asked.count == 1)
    let missing = try makeAgent(Self.yaml, client: StubHTTPClient(status: 404, "<html/>"))
    #expect(try await missing.presence(of: "jane@corp.example") == nil)
  }
}
