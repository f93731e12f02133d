// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

@Suite struct SIPDocumentTests {
  private func root(_ text: String) throws -> XMLElement { try #require(XMLElement.parse(Array(text.utf8))) }

  private func pidf(_ content: String) throws -> AgentAnswer? {
    try PIDFFormat.parse(
      root(
        """
        <p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" \
        xmlns:d="urn:ietf:params:xml:ns:pidf:data-model" entity="sip:jane@corp.example">\(content)</p:presence>
        """
      )
    )
  }

  private static let open = "<p:tuple id=\"a\"><p:status><p:basic>open</p:basic></p:status></p:tuple>"

  @Test(
    "Every activity of RFC 4480 has its state, with hyphens and without",
    arguments: [
      "busy", "on-the-phone", "onthephone", "meeting", "presentation", "appointment", "performance",
    ].map { ($0, PresenceState.busy) }
      + [
        "away", "meal", "lunch", "breakfast", "dinner", "in-transit", "travel", "vacation", "holiday", "sleeping",
        "permanent-absence",
      ].map { ($0, PresenceState.away) }
      + [
        "looking-for-work", "other", "playing", "shopping", "spectator", "steering", "tv", "unknown", "working",
        "worship",
      ].map { ($0, PresenceState.online) }
  )
  func activities(name: String, state: PresenceState) throws {
    let person = "<d:person id=\"p\"><r:activities><r:\(name)/></r:activities></d:person>"
    #expect(try pidf(Self.open + person) == AgentAnswer(state))
    let inside = """
      <p:tuple id="a"><p:status><p:basic>open</p:basic><r:activities><r:\(name)/></r:activities></p:status></p:tuple>
      """
    #expect(try pidf(inside) == AgentAnswer(state))
  }

  @Test("The open tuple of the highest contact priority wins, with its note and activity")
  func priority() throws {
    let tuples = """
      <p:tuple id="a"><p:status><p:basic>open</p:basic></p:status><r:activities><r:away/></r:activities>\
      <p:contact priority="0.2">sip:a</p:contact><p:note>Out</p:note></p:tuple>\
      <p:tuple id="b"><p:status><p:basic>open</p:basic></p:status><r:activities><r:meeting/></r:activities>\
      <p:contact priority="0.8">sip:b</p:contact><p:note>In a meeting</p:note></p:tuple>\
      <p:tuple id="c"><p:status><p:basic>closed</p:basic></p:status><p:contact priority="1">sip:c</p:contact></p:tuple>
      """
    #expect(try pidf(tuples) == AgentAnswer(.busy, message: "In a meeting"))
  }

  @Test("Only closed tuples are offline; none that says anything is no information; an unknown status is refused")
  func basics() throws {
    #expect(
      try pidf("<p:tuple id=\"a\"><p:status><p:basic>closed</p:basic></p:status></p:tuple>") == AgentAnswer(.offline)
    )
    #expect(try pidf("<p:note>Hello</p:note>") == nil)
    #expect(throws: PresenceDocument.Problem.malformed) {
      try pidf("<p:tuple id=\"a\"><p:status><p:basic>NOT OPEN</p:basic></p:status></p:tuple>")
    }
  }

  @Test("Somebody who does not type is online")
  func idle() throws {
    let person = "<d:person id=\"p\"><r:user-input>idle</r:user-input><p:note>Hello</p:note></d:person>"
    #expect(try pidf(Self.open + person) == AgentAnswer(.online, message: "Hello", isInactive: true))
  }

  @Test(
    "LCS 2005: activities at both ends of every range",
    arguments: [
      (100, PresenceState.away, false), (199, .away, false), (200, .online, true), (299, .online, true),
      (300, .away, false), (399, .away, false), (400, .online, false), (499, .online, false), (500, .busy, false),
      (599, .busy, false), (600, .busy, false), (699, .busy, false), (700, .away, false), (799, .away, false),
      (800, .online, false), (900, .online, false),
    ]
  )
  func lcs(activity: Int, state: PresenceState, isInactive: Bool) throws {
    let document = { (availability: Int) in
      """
      <presentity uri="jane@corp.example" xmlns="http://schemas.microsoft.com/2002/09/sip/presence">\
      <availability aggregate="\(availability)" description=""/><activity aggregate="\(activity)" description=""/>\
      <userInfo><note>Back at 3</note></userInfo></presentity>
      """
    }
    let answer = AgentAnswer(state, message: "Back at 3", isInactive: isInactive)
    #expect(try MSRTCPIDFFormat.parse(root(document(300))) == answer)
    #expect(try MSRTCPIDFFormat.parse(root(document(100))) == answer)
    #expect(try MSRTCPIDFFormat.parse(root(document(99))) == AgentAnswer(.offline, message: "Back at 3"))
  }

  @Test("LCS 2005: a number below 100 means nothing, and a document without numbers is refused")
  func lcsUnknown() throws {
    let low = try root(
      "<presentity uri=\"a@b\"><availability aggregate=\"300\"/><activity aggregate=\"99\"/></presentity>"
    )
    #expect(try MSRTCPIDFFormat.parse(low) == nil)
    let none = try root("<presentity uri=\"a@b\"><availability aggregate=\"many\"/></presentity>")
    #expect(throws: PresenceDocument.Problem.malformed) { try MSRTCPIDFFormat.parse(none) }
  }

  private func categories(_ availability: Int?, at second: Int = 10, note: String? = nil, noteAt: Int = 10) -> String {
    let time = { (second: Int) in "2011-05-04T08:15:\(second).123" }
    var text =
      "<categories xmlns=\"http://schemas.microsoft.com/2006/09/sip/categories\" uri=\"sip:jane@corp.example\">"
    if let availability {
      text += """
        <category name="state" instance="1" publishTime="\(time(second))" container="2" version="5">\
        <state xmlns="http://schemas.microsoft.com/2006/09/sip/state" \
        xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="aggregateState">\
        <availability>\(availability)</availability></state></category>
        """
    }
    if let note {
      let body = note.isEmpty ? "" : "<note><body type=\"personal\" uri=\"\">\(note)</body></note>"
      text += "<category name=\"note\" instance=\"0\" publishTime=\"\(time(noteAt))\">\(body)</category>"
    }
    return text + "</categories>"
  }

  @Test(
    "OCS 2007 and Lync 2010: availabilities at both ends of every range",
    arguments: [
      (3_000, PresenceState.online, false), (3_500, .online, false), (4_499, .online, false), (4_500, .online, true),
      (5_999, .online, true), (6_000, .busy, false), (6_500, .busy, false), (7_499, .busy, false),
      (7_500, .busy, true), (8_999, .busy, true), (9_000, .busy, false), (11_999, .busy, false),
      (12_000, .away, false), (12_500, .away, false), (15_500, .away, false), (17_999, .away, false),
      (18_000, .offline, false), (18_500, .offline, false),
    ]
  )
  func ocs(availability: Int, state: PresenceState, isInactive: Bool) throws {
    var format = MSRTCCategoriesFormat()
    let answer = AgentAnswer(state, isInactive: isInactive)
    #expect(try format.apply(root(categories(availability))) == .applied(answer))
  }

  @Test("OCS 2007: numbers below 3000 change nothing", arguments: [0, 2_999])
  func ocsUndefined(availability: Int) throws {
    var format = MSRTCCategoriesFormat()
    _ = try format.apply(root(categories(6_500)))
    #expect(try format.apply(root(categories(availability, at: 20))) == .undefinedAvailability)
    #expect(format.answer == AgentAnswer(.busy))
  }

  @Test("A category that is older than what is known changes nothing; a note without content removes the note")
  func order() throws {
    var format = MSRTCCategoriesFormat()
    _ = try format.apply(root(categories(6_500, at: 20, note: "In a call", noteAt: 20)))
    #expect(try format.apply(root(categories(3_500, at: 19))) == .outdated)
    #expect(try format.apply(root(categories(nil, note: "Old", noteAt: 19))) == .outdated)
    #expect(format.answer == AgentAnswer(.busy, message: "In a call"))
    #expect(
      try format.apply(root(categories(12_500, at: 21))) == .applied(AgentAnswer(.away, message: "In a call"))
    )
    #expect(try format.apply(root(categories(nil, note: "", noteAt: 22))) == .applied(AgentAnswer(.away)))
  }

  @Test("A batch is a list and one document for each person")
  func multipart() throws {
    let body = """
      --b1\r
      Content-ID: <root@corp>\r
      Content-Type: application/rlmi+xml\r
      \r
      <list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:portal@corp.example" version="0" fullState="false">\
      <resource uri="sip:jane@corp.example"><instance id="0" state="active" cid="1"/></resource>\
      <resource uri="sip:joe@corp.example"><instance id="0" state="resubscribe" poolFqdn="p2"/></resource></list>\r
      --b1\r
      Content-ID: <1>\r
      Content-Type: application/msrtc-event-categories+xml\r
      \r
      \(categories(6_500))\r
      --b1--\r

      """
    let type = "multipart/related; type=\"application/rlmi+xml\"; start=root; boundary=\"b1\""
    let content = try PresenceContent.parse(contentType: type, body: Array(body.utf8))
    #expect(content.documents.map(\.entity) == ["sip:jane@corp.example"])
    #expect(content.version == 0)
    #expect(content.entries == [.init(uri: "sip:joe@corp.example", state: .resubscribe)])
    let cut = Array(body.utf8.dropLast(9))
    #expect(throws: PresenceDocument.Problem.malformed) { try PresenceContent.parse(contentType: type, body: cut) }
  }

  @Test("Bodies that are something else are refused")
  func refused() {
    #expect(throws: PresenceDocument.Problem.unknownType) {
      try PresenceContent.parse(contentType: "text/html", body: Array("<html/>".utf8))
    }
    #expect(throws: PresenceDocument.Problem.malformed) {
      try PresenceContent.parse(contentType: "application/pidf+xml", body: Array("<presence".utf8))
    }
  }
}
