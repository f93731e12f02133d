// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization
import Testing

@testable import Agents

/// Agents whose servers hang, drip, flood, reset or refuse, beside one whose server is well.
///
/// One after the other: a server that floods keeps the loops busy on which the servers of other tests would answer.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct FailingAloneTests {
  private static let well = LocalHTTPServer.Behaviour.answer(status: 200, body: Array(#"{"s":"on"}"#.utf8))

  private func agents(_ bad: String, _ good: String, timeout: String = "5m", pause: String = "1h") throws -> AgentSet {
    let answer = "state: {json: /s, values: {on: online}}"
    return try AgentFactory.make(
      try configurations(
        """
        - {type: url, name: bad, claims: [{domain: bad}], url: "\(bad)/{local}", \(answer), \
        limits: {timeout: \(timeout), attempts: 1, circuitFailures: 3, circuitPause: \(pause), maximumCalls: 4}, \
        http: {connectTimeout: 1m}}
        - {type: url, name: good, claims: [{domain: good}], url: "\(good)/{local}", \(answer), \
        limits: {timeout: 5m}, http: {connectTimeout: 1m}}
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

  @Test(
    "Of a server that fails now and then all other answers come; one that only fails is left alone after three calls",
    arguments: [(100, 2, CircuitState.closed), (2, 100, .closed), (1, 3, .open)]
  )
  func share(oneOf: Int, failures: Int, circuit: CircuitState) async throws {
    let behaviour: @Sendable (LocalHTTPServer.Received) -> LocalHTTPServer.Behaviour = { request in
      guard let number = Int(request.uri.dropFirst(2)), number % oneOf != 0 else { return .answer(status: 503) }
      return Self.well
    }
    try await LocalHTTPServer.run(behaviour) { bad in
      try await LocalHTTPServer.run({ _ in Self.well }) { good in
        let set = try agents(bad.url, good.url)
        let chain = try PresenceChain(set.agents)
        let life = Task { await chain.run() }
        for number in 0..<200 {
          let finding = try await look("u\(number)@bad", chain)
          switch finding.outcome.failure?.code {
          case nil: #expect(number % oneOf != 0)
          case .unavailable?: #expect(number % oneOf == 0)
          case let other?: #expect(other == .circuitOpen && circuit == .open)
          }
          let beside = try await look("u\(number)@good", chain)
          #expect(beside.outcome == .answered(AgentAnswer(.online)))
        }
        let status = chain.statuses()[0]
        #expect(status.circuit == circuit)
        #expect(status.counters.calls == (circuit == .open ? failures : 200))
        #expect(chain.statuses()[1].counters.calls == 200)
        life.cancel()
        await life.value
        try await set.shutdown()
      }
    }
  }

  @Test("The circuit of a server that is well again closes")
  func closesAgain() async throws {
    let isWell = Mutex(false)
    let behaviour: @Sendable (LocalHTTPServer.Received) -> LocalHTTPServer.Behaviour = { _ in
      isWell.withLock { $0 } ? Self.well : .reset
    }
    try await LocalHTTPServer.run(behaviour) { bad in
      let set = try agents(bad.url, bad.url, pause: "50ms")
      let chain = try PresenceChain(set.agents)
      let life = Task { await chain.run() }
      for number in 0..<3 { _ = try await look("u\(number)@bad", chain) }
      #expect(chain.statuses()[0].circuit != .closed)
      isWell.withLock { $0 = true }
      var number = 3
      while try await look("u\(number)@bad", chain).outcome != .answered(AgentAnswer(.online)) { number += 1 }
      #expect(chain.statuses()[0].circuit == .closed)
      life.cancel()
      await life.value
      try await set.shutdown()
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
