// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// An agent in this process that takes 50 ms to answer, hangs, or fails.
struct SlowAgent: PresenceAgent {
  enum Manner { case answers, hangs, fails }

  static let delay = Duration.milliseconds(50)

  let descriptor: AgentDescriptor
  let limits = AgentLimits(maximumCalls: 2_000)
  let manner: Manner

  init(_ name: String, _ manner: Manner = .answers) {
    descriptor = AgentDescriptor(name: name, claims: [ClaimRule(domain: GlobPattern("\(name).example"))])
    self.manner = manner
  }

  func presence(of addresses: [IMAddress], timeout: Duration) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    do {
      try await Task.sleep(for: manner == .hangs ? .seconds(3_600) : Self.delay)
    } catch {
      throw AgentError(.cancelled, "The call was cancelled.")
    }
    if manner == .fails { throw AgentError(.badAnswer, "The agent always fails.") }
    return Dictionary(uniqueKeysWithValues: addresses.map { ($0, AgentAnswer(.online)) })
  }
}
