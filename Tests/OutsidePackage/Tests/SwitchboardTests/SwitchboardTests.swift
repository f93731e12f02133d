// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

@testable import Switchboard

/// The conformance suite and the chain, as somebody uses them who has this package as a dependency.
@Suite(.timeLimit(.minutes(20)))
struct SwitchboardTests {
  private let agent = SwitchboardAgent { extensions in
    ["100": "IDLE", "101": "TALKING", "103": "ON FIRE"].filter { extensions.contains($0.key) }
  }

  @Test("The agent conforms")
  func conformance() async throws {
    let violations = AgentConformance.checkDescriptor(
      agent.descriptor,
      claims: ["100@phone.example"],
      leaves: ["100@corp.example"]
    )
    #expect(violations == [])
    let answers = await AgentConformance.checkAnswers(
      of: agent,
      expected: [
        try IMAddress("100@phone.example"): AgentAnswer(.online),
        try IMAddress("101@phone.example"): AgentAnswer(.busy, message: "On the phone"),
      ],
      unknown: [try IMAddress("103@phone.example")]
    )
    #expect(answers == [])
  }

  @Test("A chain asks it")
  func chain() async throws {
    let clock = ManualClock()
    let chain = try PresenceChain([agent], clock: clock, wallClock: { clock.wallTime })
    let life = Task { await chain.run() }
    let finding = await chain.lookUp(
      PresenceNeed(try IMAddress("sip:101@phone.example"), deadline: clock.wallTime.adding(milliseconds: 1_000))
    )
    #expect(finding.outcome == .answered(AgentAnswer(.busy, message: "On the phone")))
    #expect(finding.agent == "switchboard")
    chain.close()
    await life.value
  }
}
