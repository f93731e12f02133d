// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

struct ClaimTests {
  @Test(
    "A glob matches the whole text, without regard to case",
    arguments: [
      ("corp.example", "corp.example", true), ("corp.example", "CORP.Example", true),
      ("corp.example", "xcorp.example", false), ("*.corp.example", "emea.corp.example", true),
      ("*.corp.example", "corp.example", false), ("*", "", true), ("", "", true), ("", "a", false),
      ("a?c", "abc", true), ("a?c", "ac", false), ("*a*b", "xxaxxb", true), ("*a*b", "xxaxxbc", false),
      ("**", "abc", true), ("a*", "a", true), ("*@x.*.y", "j@x.1.y", true), ("*ab", "aab", true),
      ("*aab", "aaab", true),
    ]
  )
  func glob(pattern: String, text: String, expected: Bool) {
    ByteView.withView(of: text) { #expect(GlobPattern(pattern).matches($0) == expected) }
  }

  @Test("A hostile text costs a pattern with many stars no more than their product")
  func globDoesNotBlowUp() {
    let text = String(repeating: "a", count: 1_000) + "c"
    ByteView.withView(of: text) { #expect(!GlobPattern("*a*a*a*a*a*a*a*a*b").matches($0)) }
  }

  @Test(
    "A rule claims by scheme, domain, pattern and shape together",
    arguments: [
      (ClaimRule(), "sip:a@b", true), (ClaimRule(scheme: .scheme(.sip)), "sip:a@b", true),
      (ClaimRule(scheme: .scheme(.sip)), "SIP:a@b", true), (ClaimRule(scheme: .scheme(.sip)), "a@b", false),
      (ClaimRule(scheme: .schemeOrBare(.sip)), "a@b", true), (ClaimRule(scheme: .schemeOrBare(.sip)), "im:a@b", false),
      (ClaimRule(scheme: .bare), "a@b", true), (ClaimRule(scheme: .bare), "sip:a@b", false),
      (ClaimRule(domain: GlobPattern("corp.example")), "xmpp:jane@Corp.Example", true),
      (ClaimRule(domain: GlobPattern("corp.example")), "jane@corp.example.evil", false),
      (ClaimRule(domain: GlobPattern("*")), "12345", false),
      (ClaimRule(pattern: GlobPattern("ext-*")), "sip:ext-jane@corp.example", true),
      (ClaimRule(pattern: GlobPattern("ext-*")), "sip:jane@corp.example", false),
      (ClaimRule(shape: .digits), "12345", true), (ClaimRule(shape: .digits), "icq:12345", true),
      (ClaimRule(shape: .digits), "12345a", false), (ClaimRule(shape: .digits), "123@45", false),
      (ClaimRule(shape: .withDomain), "a@b", true), (ClaimRule(shape: .withDomain), "a", false),
      (ClaimRule(shape: .withoutDomain), "ymsgr:a", true), (ClaimRule(shape: .withoutDomain), "a@b", false),
      (ClaimRule(shape: .matrixID), "@jane:corp.example", true), (ClaimRule(shape: .matrixID), "jane@corp", false),
      (ClaimRule(scheme: .scheme(.icq), shape: .digits), "icq:jane", false),
    ]
  )
  func rule(rule: ClaimRule, text: String, expected: Bool) throws {
    #expect(rule.claims(try address(text)) == expected)
  }

  @Test("The first agent that claims an address wins; what nobody claims is the enterprise connection's")
  func firstClaimerDecides() throws {
    let narrow = AgentDescriptor(name: "narrow", claims: [ClaimRule(domain: GlobPattern("a.example"))])
    let wide = AgentDescriptor(name: "wide", claims: [ClaimRule(domain: GlobPattern("*.example"))])
    let enterprise = AgentDescriptor(name: "lync", claims: [])
    let directory = try AgentDirectory([narrow, wide], enterprise: enterprise)
    let turned = try AgentDirectory([wide, narrow])
    #expect(directory.claim(try address("j@a.example")) == 0)
    #expect(directory.claim(try address("j@b.example")) == 1)
    #expect(directory.claim(try address("j@corp.other")) == 2)
    #expect(directory[2].name == "lync")
    #expect(directory.enterpriseIndex == 2)
    #expect(turned.claim(try address("j@a.example")) == 0)
    #expect(turned.claim(try address("j@corp.other")) == nil)
    #expect(AgentDirectory.empty.claim(try address("j@corp.other")) == nil)
    #expect(directory.claim(ByteView("j@a.example")) == 0)
  }

  @Test("An enterprise connection is no claimer: its own rules do not go before the agents that stand behind")
  func enterpriseRulesDoNotCompete() throws {
    let enterprise = AgentDescriptor(name: "lync", claims: [ClaimRule()])
    let yahoo = AgentDescriptor(name: "yahoo", claims: [ClaimRule(scheme: .scheme(.ymsgr))])
    let directory = try AgentDirectory([yahoo], enterprise: enterprise)
    #expect(directory.claim(try address("ymsgr:jane")) == 0)
  }

  @Test("Names are unique and fit for labels")
  func names() {
    let agent = { (name: String) in AgentDescriptor(name: name, claims: []) }
    #expect(throws: AgentDirectory.Problem.duplicateName("a")) { try AgentDirectory([agent("a"), agent("a")]) }
    #expect(throws: AgentDirectory.Problem.duplicateName("a")) {
      try AgentDirectory([agent("a")], enterprise: agent("a"))
    }
    for name in ["", "a b", "a\n", "ä", String(repeating: "a", count: 65)] {
      #expect(throws: AgentDirectory.Problem.invalidName(name)) { try AgentDirectory([agent(name)]) }
    }
  }

  @Test("The hash is the same on every machine, and another one for every change that matters")
  func hash() throws {
    let base = AgentDescriptor(
      name: "a",
      claims: [ClaimRule(scheme: .scheme(.sip), domain: GlobPattern("x"))],
      launch: .communicator
    )
    let reference = try AgentDirectory([base]).hash
    #expect(reference == "e9b14d70878368e2")  // a golden value: a change of it makes all look-ups look drifted
    #expect(try AgentDirectory([base]).hash == reference)
    var variants: [AgentDescriptor] = []
    func vary(_ change: (inout AgentDescriptor) -> Void) {
      var variant = base
      change(&variant)
      variants.append(variant)
    }
    vary { $0.name = "b" }
    vary { $0.claims = [] }
    vary { $0.claims[0].scheme = .schemeOrBare(.sip) }
    vary { $0.claims[0].domain = nil }
    vary { $0.claims[0].domain = GlobPattern("y") }
    vary { ($0.claims[0].domain, $0.claims[0].pattern) = (nil, GlobPattern("x")) }
    vary { $0.claims[0].shape = .digits }
    vary { $0.claims.append(ClaimRule()) }
    vary { $0.launch = nil }
    vary { $0.launch = .xmpp }
    vary { $0.freshness = .seconds(61) }
    vary { $0.maximumBatch = 2 }
    let hashes = Set(try variants.map { try AgentDirectory([$0]).hash })
    #expect(hashes.count == variants.count)
    #expect(!hashes.contains(reference))
    #expect(try AgentDirectory([], enterprise: base).hash != reference)
  }
}
