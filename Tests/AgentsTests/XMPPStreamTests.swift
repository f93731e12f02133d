// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

struct XMPPStreamFramerTests {
  private static let header = "<stream:stream xmlns='jabber:component:accept' id='a>b'>"

  private static func frames(_ text: String, maximumBytes: Int = 1_024, piece: Int = .max) -> [XMPPStreamFramer.Frame] {
    var framer = XMPPStreamFramer(maximumBytes: maximumBytes)
    var rest = Array(text.utf8)[...]
    var frames: [XMPPStreamFramer.Frame] = []
    while !rest.isEmpty {
      frames += framer.receive(rest.prefix(piece))
      rest = rest.dropFirst(piece)
    }
    return frames
  }

  private static func stanza(_ text: String) -> XMPPStreamFramer.Frame { .stanza(Array(text.utf8)) }

  @Test("A stream is cut into header and stanzas, in whatever pieces it comes", arguments: [1, 2, 3, 7, .max])
  func cuts(piece: Int) {
    let stanzas = [
      "<presence from='a@b/c>d'/>", "<presence><show>away</show><status>a &gt; b</status></presence>",
      "<message><body><![CDATA[</message> ]] ]]]></body></message>", "<iq type=\"get\" id=\"'>'\"><ping/></iq>",
    ]
    let text = "<?xml version='1.0'?>\n" + Self.header + stanzas.joined(separator: " \n") + "</stream:stream>"
    #expect(
      Self.frames(text, piece: piece) == [.header(Array(Self.header.utf8))] + stanzas.map(Self.stanza) + [.end]
    )
  }

  @Test(
    "What RFC 6120 forbids ends the stream",
    arguments: [
      "<!DOCTYPE a [<!ENTITY b 'c'>]>" + header, header + "<!-- x -->", header + "<?php x?>", header + "text",
      header + "<presence><!-- x --></presence>", header + "<presence><!ENTITY a 'b'></presence>",
      header + "<presence <show/>", header + "<1/>", "</a>", "<a/>", "HTTP/1.1 400 Bad Request", header + "< a/>",
      header + "<presence><?x y?></presence>",
    ]
  )
  func forbidden(text: String) {
    var framer = XMPPStreamFramer(maximumBytes: 1_024)
    let frames = framer.receive(Array((text + "<presence/>").utf8))
    guard case .broken? = frames.last else {
      Issue.record("\(frames)")
      return
    }
    #expect(framer.receive(Array("<presence/>".utf8)) == [])
  }

  @Test("A stanza that is too large is left out, and the next one is not")
  func tooLarge() {
    let large = "<presence><status>\(String(repeating: "x", count: 2_000))</status></presence>"
    let frames = Self.frames(Self.header + large + "<presence/>")
    #expect(frames.dropFirst() == [.tooLarge, Self.stanza("<presence/>")])
  }

  @Test("A stanza that does not end is held in bounds, and ends the stream at last")
  func unending() {
    var framer = XMPPStreamFramer(maximumBytes: 1_024)
    _ = framer.receive(Array((Self.header + "<presence><status>").utf8))
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    var last: XMPPStreamFramer.Frame?
    for _ in 0...16 where last == nil {
      last = framer.receive(piece).last
      #expect(framer.heldBytes <= 1_024)
    }
    #expect(last == .broken("a stanza does not end"))
  }

  @Test("A header that does not end ends the stream")
  func unendingHeader() {
    let frames = Self.frames("<stream:stream id='" + String(repeating: "x", count: 2_000))
    #expect(frames == [.broken("a stanza does not end")])
  }
}

struct XMPPComponentStreamTests {
  private static let header =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    + "xmlns:stream='http://etherx.jabber.org/streams' from='portal.corp.example' id='3BF96D32'>"

  private func stream() -> XMPPComponentStream {
    XMPPComponentStream(component: "portal.corp.example", secret: Secret("test"), maximumStanzaBytes: 4_096)
  }

  /// The events as texts.
  private func events(_ stream: inout XMPPComponentStream, _ text: String) -> [String] {
    stream.receive(Array(text.utf8)).map { event in
      switch event {
      case .send(let text): "send \(text)"
      case .ready: "ready"
      case .stanza(let stanza): "stanza \(stanza.name)"
      case .refused(let reason): "refused \(reason.rawValue)"
      case .ended(let end): "ended \(end)"
      }
    }
  }

  @Test("The handshake is the hash of the stream's id and the secret (the example of XEP-0114)")
  func handshake() {
    var stream = stream()
    #expect(stream.header.hasSuffix("to='portal.corp.example'>"))
    #expect(
      events(&stream, Self.header) == ["send <handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>"]
    )
    #expect(events(&stream, "<handshake/>") == ["ready"])
    #expect(events(&stream, "<presence/><message/>") == ["stanza presence", "stanza message"])
    #expect(events(&stream, "</stream:stream>") == ["ended closed"])
    #expect(events(&stream, "<presence/>") == [])
  }

  @Test(
    "Errors of the stream are known by their conditions",
    arguments: [
      ("conflict", XMPPStreamEnd.conflict), ("not-authorized", .notAuthorized), ("host-unknown", .hostUnknown),
      ("system-shutdown", .failed("system-shutdown")),
    ]
  )
  func errors(condition: String, end: XMPPStreamEnd) {
    var stream = stream()
    let error =
      "<stream:error><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text>no</text></stream:error>"
    #expect(events(&stream, Self.header + error + "</stream:stream>").last == "ended \(end)")
    #expect(!end.error(component: "x").message.isEmpty)
  }

  @Test("Nothing is a stanza before the handshake is answered", arguments: ["<presence/>", "<iq/>", "<a></b>"])
  func early(stanza: String) {
    var stream = stream()
    let last = events(&stream, Self.header + stanza).last
    #expect(last?.hasPrefix("ended notXMPP") == true)
  }

  @Test("A stanza that is no XML is refused, and the stream goes on")
  func malformed() {
    var stream = stream()
    _ = events(&stream, Self.header + "<handshake/>")
    #expect(
      events(&stream, "<presence a=1></presence><presence>&x;</presence><presence/>")
        == ["refused malformed", "refused malformed", "stanza presence"]
    )
    let large = "<presence><status>\(String(repeating: "x", count: 5_000))</status></presence>"
    #expect(events(&stream, large + "<presence/>") == ["refused tooLarge", "stanza presence"])
  }

  @Test("What speaks another protocol is said to")
  func otherProtocol() {
    var stream = stream()
    #expect(events(&stream, "220 mail.corp.example ESMTP").last?.hasPrefix("ended notXMPP") == true)
  }
}

struct XMPPPresenceTests {
  private func presence(_ text: String) throws -> XMPPPresence {
    let head = "<presence from='Jane@Corp.example/Desk' to='portal.corp.example'"
    return try XMPPPresence(try #require(XMLElement.parse(Array("\(head) \(text)".utf8))))
  }

  @Test("The message is in the preferred language, else in none, else the first")
  func languages() throws {
    let text = "><status xml:lang='fr'>Déjeuner</status><status>Lunch</status><status xml:lang='de-AT'>Jause</status>"
    let presence = try presence("\(text)</presence>")
    #expect(presence.message(in: []) == "Lunch")
    #expect(presence.message(in: ["de"]) == "Jause")
    #expect(presence.message(in: ["es", "fr"]) == "Déjeuner")
    #expect(presence.message(in: ["d"]) == "Lunch")
    let second = try self.presence("><status xml:lang='en'>A</status><status xml:lang='es'>B</status></presence>")
    #expect(second.message(in: ["de"]) == "A")
    #expect(try self.presence("/>").message(in: ["de"]) == nil)
  }

  @Test("Kinds, addresses and priorities are read")
  func kinds() throws {
    let away = try presence("><show>xa</show><priority>-5</priority></presence>")
    #expect(away.kind == .available(.away))
    #expect(away.priority == -5)
    #expect(away.from.bare == "jane@corp.example")
    #expect(away.from.resource == "Desk")
    #expect(try presence("type='unavailable'/>").kind == .unavailable)
    #expect(try presence("type='subscribed'/>").kind == .subscribed)
    let remote = "><error type='cancel'><remote-server-not-found/></error></presence>"
    #expect(try presence("type='error'\(remote)").kind == .error("remote-server-not-found", isTransient: true))
    #expect(
      try presence("type='error'><error type='auth'><forbidden/></error></presence>").kind
        == .error("forbidden", isTransient: false)
    )
  }

  @Test(
    "What is none is refused",
    arguments: [
      ("><show>online</show></presence>", XMPPRefusal.unknownShow),
      ("><show>available</show></presence>", .unknownShow),
      ("type='gone'/>", .malformed), ("><priority>200</priority></presence>", .malformed),
      ("><priority>high</priority></presence>", .malformed),
    ]
  )
  func refused(text: String, reason: XMPPRefusal) {
    #expect(throws: reason) { try presence(text) }
  }

  @Test("Addresses are JIDs", arguments: ["jane@corp.example/a/b", "corp.example", "jörg@corp.example", "a@[::1]"])
  func addresses(text: String) {
    #expect(XMPPAddress(text) != nil)
  }

  @Test("Other texts are none", arguments: ["", "@corp.example", "jane@", "a@b@c", "a b@c", "a'b@c", "/x", "a@b/"])
  func noAddresses(text: String) {
    #expect(XMPPAddress(text) == nil)
  }
}
