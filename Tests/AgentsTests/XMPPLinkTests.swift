// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization
import Testing

@testable import Agents

/// A link of look-ups, and the server's side of it as texts.
private final class LinkBench: Sendable {
  let link: XMPPLink<XMPPLookupMachine>

  init() {
    let found = Box()
    link = XMPPLink(
      XMPPLookupMachine(asksForSubscription: true, languages: []),
      secret: Secret("test"),
      maximumStanzaBytes: 4_096
    ) { findings in found.append(findings) }
    box = found
  }

  private final class Box: Sendable {
    let findings = Mutex<[XMPPLookupMachine.Finding]>([])
    func append(_ more: [XMPPLookupMachine.Finding]) { findings.withLock { $0 += more } }
  }

  private let box: Box
  var findings: [XMPPLookupMachine.Finding] { box.findings.withLock { $0 } }

  /// What the link sends next.
  func sent() throws -> [XMLElement] {
    let text = link.step(isWritable: true).bytes.replacing("</stream:stream>", with: "")
    return try #require(XMLElement.parse(Array("<x>\(text)</x>".utf8))).children
  }

  func receive(_ text: String) { link.receive(Array(text.utf8)) }

  /// Connects up to the claim, and gives its pings.
  func connect() throws -> [XMLElement] {
    link.connecting(as: "portal.corp.example")
    #expect(link.connected(wake: {}).contains("to='portal.corp.example'"))
    receive("<stream:stream id='1'>")
    #expect(try sent().map(\.name) == ["handshake"])
    receive("<handshake/>")
    return try sent()
  }

  /// Sends the component's own stanzas back to it, as servers do.
  func reflect(_ stanzas: some Sequence<XMLElement>) {
    for stanza in stanzas {
      let attributes = stanza.attributes.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
      receive("<iq \(attributes)><ping xmlns='urn:xmpp:ping'/></iq>")
    }
  }
}

struct XMPPLinkTests {
  @Test("A name is a component's when all that it sends to itself comes back")
  func claim() throws {
    let bench = LinkBench()
    let pings = try bench.connect()
    #expect(pings.count == XMPPNameClaim.pings)
    #expect(Set(pings.map { $0.attributes["to"] }).count == pings.count)
    bench.reflect(pings.dropLast())
    #expect(try bench.sent().isEmpty)
    #expect(!bench.link.isReady)
    bench.reflect(pings.suffix(1))
    #expect(try bench.sent().isEmpty)
    #expect(bench.link.isReady)
  }

  @Test("A name is somebody else's where something does not come back in time")
  func shared() {
    var claim = XMPPNameClaim(component: "portal.corp.example", nonce: 7, at: .zero)
    for number in 1..<XMPPNameClaim.pings { claim.received("claim-7-\(number)") }
    #expect(claim.standing(at: .seconds(2)) == .open(until: .seconds(3)))
    #expect(claim.standing(at: .seconds(3)) == .shared)
    claim.received("claim-7-0")
    #expect(claim.standing(at: .seconds(3)) == .own)
  }

  @Test("Requests of others are refused politely, and what is for others is not taken")
  func requests() throws {
    let bench = LinkBench()
    bench.reflect(try bench.connect())
    _ = try bench.sent()
    bench.receive("<iq type='get' id='q' from='corp.example' to='portal.corp.example'><query/></iq>")
    bench.receive("<iq type='get' id='q' from='corp.example' to='other.example'><query/></iq>")
    bench.receive("<message from='a@b' to='portal.corp.example'><body>hi</body></message><presence/>")
    let answers = try bench.sent()
    #expect(answers.map { $0.attributes["type"] } == ["error"])
    #expect(answers.first?.attributes["to"] == "corp.example")
  }

  @Test("A look-up is what was said before the ping came back")
  func lookup() throws {
    let bench = LinkBench()
    bench.reflect(try bench.connect())
    _ = try bench.sent()
    let jid = try #require(XMPPAddress("jane@corp.example"))
    let joe = try #require(XMPPAddress("joe@corp.example"))
    bench.link.withRole { $0.ask(1, jid, timeout: .seconds(10), at: $1) }
    bench.link.withRole { $0.ask(2, joe, timeout: .seconds(10), at: $1) }
    #expect(try bench.sent().map(\.name) == ["presence", "iq", "presence", "iq"])
    let to = "to='portal.corp.example'"
    bench.receive("<presence from='jane@corp.example/a' \(to)/>")
    bench.receive("<presence from='mallory@corp.example/a' \(to)><show>dnd</show></presence>")
    bench.receive("<iq type='result' id='fence-1' from='evil.example' \(to)/>")
    bench.receive("<presence from='jane@corp.example' type='unavailable' \(to)/>")
    #expect(bench.findings.isEmpty)
    bench.receive("<iq type='result' id='fence-1' from='corp.example' \(to)/>")
    #expect(bench.findings.map(\.id) == [1])
    #expect(try bench.findings[0].result.get() == AgentAnswer(.offline))
    bench.receive("<presence from='joe@corp.example' type='unsubscribed' \(to)/>")
    bench.receive("<iq type='error' id='fence-2' from='corp.example' \(to)><error><x/></error></iq>")
    #expect(try bench.findings[1].result.get() == nil)
    #expect(try bench.sent().map { $0.attributes["type"] } == ["subscribe"])
  }

  @Test("A connection that ends fails who waits, and while there is none look-ups fail at once")
  func closed() throws {
    let bench = LinkBench()
    let jid = try #require(XMPPAddress("jane@corp.example"))
    bench.link.withRole { $0.ask(1, jid, timeout: .seconds(10), at: $1) }
    #expect(bench.findings.isEmpty)
    bench.reflect(try bench.connect())
    #expect(try bench.sent().count == 2)
    bench.receive("<stream:error><conflict/></stream:error>")
    #expect(bench.link.step(isWritable: true).isFinished)
    #expect(bench.link.closed(AgentError(.connectionFailed, "x")).end == .conflict)
    bench.link.withRole { $0.ask(2, jid, timeout: .seconds(10), at: $1) }
    #expect(bench.findings.map(\.id) == [1, 2])
    for finding in bench.findings {
      #expect(throws: XMPPStreamEnd.conflict.error(component: "portal.corp.example")) { try finding.result.get() }
    }
  }
}
