// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

/// Agents whose servers hang, drip, flood, reset or refuse, beside one whose server is well.
///
/// One after the other: a server that floods keeps the loops busy on which the servers of other tests would answer.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct FailingAloneTests {
  private static let well = LocalHTTPServer.Behaviour.answer(status: 200, body: Array(#"{"s":"on"}"#.utf8))

  private func agents(_ bad: String, _ good: String, timeout: String = "5m") throws -> AgentSet {
    let answer = "state: {json: /s, values: {on: online}}"
    return try AgentFactory.make(
      try configurations(
        """
        - {type: url, name: bad, claims: [{domain: bad}], url: "\(bad)/{local}", \(answer), \
        limits: {timeout: \(timeout), attempts: 1, circuitFailures: 3, circuitPause: 1h, maximumCalls: 4}}
        - {type: url, name: good, claims: [{domain: good}], url: "\(good)/{local}", \(answer), \
        limits: {timeout: 5m}}
        """
      )
    )
  }

  private func look(_ text: String, _ chain: PresenceChain<ContinuousClock>) async throws -> PresenceFinding {
    await chain.lookUp(PresenceNeed(try IMAddress(text), deadline: Timestamp(milliseconds: .max / 2)))
  }

  @Test(
    "Its addresses fail, those of the other are answered, and its circuit opens",
    arguments: [
      (LocalHTTPServer.Behaviour.silence, AgentError.Code.timeout), (.drip, .timeout), (.endless, .tooLarge),
      (.reset, .connectionFailed), (.answer(status: 503), .unavailable),
    ]
  )
  func alone(_ behaviour: LocalHTTPServer.Behaviour, _ code: AgentError.Code) async throws {
    try await LocalHTTPServer.run({ _ in behaviour }) { bad in
      try await LocalHTTPServer.run({ _ in Self.well }) { good in
        let set = try agents(bad.url, good.url, timeout: code == .timeout ? "300ms" : "5m")
        let chain = try PresenceChain(set.agents)
        let life = Task { await chain.run() }
        try await withThrowingTaskGroup(of: PresenceFinding.self) { group in
          for number in 0..<20 {
            group.addTask { try await look("u\(number)@bad", chain) }
            group.addTask { try await look("u\(number)@good", chain) }
          }
          for try await finding in group {
            if finding.agent == "good" {
              #expect(finding.outcome == .answered(AgentAnswer(.online)))
            } else {
              let found = try #require(finding.outcome.failure?.code)
              #expect([code, .circuitOpen].contains(found))
            }
          }
        }
        let statuses = chain.statuses()
        #expect(statuses[0].lastFailure?.error.code == code)
        #expect(statuses[0].circuit == (code == .tooLarge ? .closed : .open), "what one address answers is its own")
        #expect(statuses[1].circuit == .closed)
        life.cancel()
        await life.value
        try await set.shutdown()
      }
    }
  }

  @Test("A server that wants to be left alone is: whoever cannot wait so long is told at once")
  func retryAfter() async throws {
    let behaviour = LocalHTTPServer.Behaviour.answer(status: 429, headers: [("Retry-After", "120")])
    try await LocalHTTPServer.run({ _ in behaviour }) { bad in
      let set = try agents(bad.url, bad.url)
      let chain = try PresenceChain(set.agents)
      let life = Task { await chain.run() }
      let first = try await look("jane@bad", chain)
      #expect(first.outcome == .unavailable(retryAfter: .seconds(120)))
      let soon = await chain.lookUp(
        PresenceNeed(try IMAddress("joe@bad"), deadline: first.observedAt.adding(milliseconds: 10_000))
      )
      guard case .unavailable(let retryAfter?) = soon.outcome else {
        Issue.record("not left alone: \(soon.outcome)")
        return
      }
      #expect(retryAfter > .seconds(100))
      #expect(chain.statuses()[0].counters.calls == 1)
      life.cancel()
      await life.value
      try await set.shutdown()
    }
  }
}
