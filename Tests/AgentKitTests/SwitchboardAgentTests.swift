// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import Foundation
import PresenceModel
import Testing

@Suite(.timeLimit(.minutes(20)))
struct SwitchboardAgentTests {
  private static let agent = SwitchboardAgent { extensions in
    ["100": "IDLE", "101": "TALKING", "102": "UNREGISTERED", "103": "ON FIRE"].filter { extensions.contains($0.key) }
  }

  @Test("It claims the telephones and nobody else")
  func claims() {
    let violations = AgentConformance.checkDescriptor(
      Self.agent.descriptor,
      claims: ["100@phone.example", "sip:100@phone.example"],
      leaves: ["100", "xmpp:100@phone.example", "100@corp.example"]
    )
    #expect(violations == [])
  }

  @Test("It answers for those whom the switchboard knows, one by one and all at once")
  func answers() async throws {
    let violations = await AgentConformance.checkAnswers(
      of: Self.agent,
      expected: [
        try address("100@phone.example"): AgentAnswer(.online),
        try address("101@phone.example"): AgentAnswer(.busy, message: "On the phone"),
        try address("102@phone.example"): AgentAnswer(.offline),
      ],
      unknown: [try address("103@phone.example"), try address("104@phone.example")]
    )
    #expect(violations == [])
  }

  @Test("It stops when it is cancelled")
  func cancellation() async throws {
    let (asked, ask) = AsyncStream.makeStream(of: Void.self)
    let agent = SwitchboardAgent { _ in
      ask.yield()
      try await Task.sleep(for: .seconds(3_600))  // a switchboard that never answers; the test never waits for it
      return ["100": "IDLE"]
    }
    let violations = await AgentConformance.checkCancellation(of: agent, asking: try address("100@phone.example")) {
      var iterator = asked.makeAsyncIterator()
      await iterator.next()
    }
    #expect(violations == [])
  }

  @Test("The guide shows this agent and these tests as they are compiled")
  func guide() throws {
    let tests = URL(fileURLWithPath: #filePath)
    let folder = tests.deletingLastPathComponent()
    let root = folder.deletingLastPathComponent().deletingLastPathComponent()
    let guide = try String(contentsOf: root.appendingPathComponent("docs/WRITING_AGENTS.md"), encoding: .utf8)
    let agent = try String(contentsOf: folder.appendingPathComponent("SwitchboardAgent.swift"), encoding: .utf8)
    let code = try #require(agent.range(of: "import AgentKit")).lowerBound
    #expect(guide.contains("```swift\n" + agent[code...] + "```\n"))
  }

  @Test("The conformance suite finds what is wrong with a bad agent")
  func suiteFindsViolations() async throws {
    let everything = ScriptedAgent(AgentDescriptor(name: "a b", claims: [ClaimRule()], freshness: .zero)) { _ in
      .failure(AgentError(.badAnswer, "x"))
    }
    #expect(
      AgentConformance.checkDescriptor(everything.descriptor, claims: [], leaves: ["sip:jane@corp"]).count == 3
    )
    let jane = try address("jane@corp")
    let joe = try address("joe@corp")
    #expect(
      await AgentConformance.checkAnswers(of: everything, expected: [jane: AgentAnswer(.online)], unknown: []) != []
    )
    let optimist = ScriptedAgent(AgentDescriptor(name: "o", claims: [ClaimRule()], maximumBatch: 2)) { _ in
      .success([jane: AgentAnswer(.online), joe: AgentAnswer(.online)])
    }
    let found = await AgentConformance.checkAnswers(
      of: optimist,
      expected: [jane: AgentAnswer(.online)],
      unknown: [joe]
    )
    #expect(found.contains { $0.contains("not asked for") })
    #expect(found.contains { $0.contains("should say nothing") })
    let credulous = await AgentConformance.checkStrictness { (body) async throws(AgentError) in
      String(decoding: body, as: UTF8.self).contains("NOT ONLINE") ? nil : AgentAnswer(.online)
    }
    #expect(credulous.count == AgentConformance.garbage.count)
    let hasty = ScriptedAgent(AgentDescriptor(name: "h", claims: [ClaimRule()])) { _ in
      .success([jane: AgentAnswer(.online)])
    }
    #expect(await AgentConformance.checkCancellation(of: hasty, asking: jane) {} != [])
  }
}
