// SPDX-License-Identifier: Apache-2.0

import AgentTesting
import PresenceModel
import TestSupport
import Testing

@testable import AgentKit

@Suite(.timeLimit(.minutes(20)))
struct PresenceChainTests {
  private static let refused = AgentError(.connectionFailed, "No connection.")
  private static let once = AgentLimits(attempts: 1)

  @Test("The claimer is asked, and its answer carries the moment of the call and how long it holds")
  func answer() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      let start = running.clock.wallTime
      try running.need("jane@a")
      let call = try #require(await agent.nextCall())
      #expect(call.addresses == [try address("jane@a")])
      running.clock.advance(by: .seconds(3))
      call.answerAll(AgentAnswer(.busy, message: "In a meeting"))
      let finding = try await running.next().finding
      #expect(finding.outcome == .answered(AgentAnswer(.busy, message: "In a meeting")))
      #expect(finding.agent == "a")
      #expect(finding.observedAt == start)
      #expect(finding.validFor == .seconds(60))
      #expect(finding.wasCalled)
    }
  }

  @Test("A network that tells how long its answer holds is believed")
  func validFor() async throws {
    let agent = ScriptedAgent(domain: "a") { .success([$0[0]: AgentAnswer(.away, validFor: .seconds(7))]) }
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      #expect(try await running.next().finding.validFor == .seconds(7))
    }
  }

  @Test("An address that is missing in the answer is unknown, and one that was not asked for is ignored")
  func missing() async throws {
    let stranger = try address("joe@a")
    let agent = ScriptedAgent(domain: "a") { _ in .success([stranger: AgentAnswer(.online)]) }
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      let finding = try await running.next().finding
      #expect(finding.outcome == .unknown)
      #expect(finding.validFor == nil)
    }
  }

  @Test("A thousand simultaneous needs for one address cause one call")
  func singleFlight() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      for number in 0..<1_000 { try running.need("jane@a", label: "\(number)") }
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      for number in 0..<1_000 {
        let (label, finding) = try await running.next()
        #expect(label == "\(number)")
        #expect(finding.state == .online)
      }
      #expect(agent.callCount == 1)
      #expect(running.status().counters.joined == 999)
      #expect(running.status().waitingNeeds == 0)
    }
  }

  @Test("Addresses that differ in case only share a call")
  func singleFlightIgnoresCase() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      try running.need("JANE@A")
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
      #expect(try await running.next().finding.state == .online)
      #expect(agent.callCount == 1)
    }
  }

  @Test("A need that wants something newer than the running call gets the next call, one for all such needs")
  func followers() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a", label: "first")
      let first = try #require(await agent.nextCall())
      running.clock.advance(by: .seconds(1))
      let second = running.clock.wallTime
      try running.need("jane@a", label: "newer", notOlderThan: second)
      try running.need("jane@a", label: "newer too", notOlderThan: second)
      try running.need("jane@a", label: "content", notOlderThan: second.adding(milliseconds: -1_000))
      first.answerAll(AgentAnswer(.online))
      #expect(try await running.next().label == "first")
      #expect(try await running.next().label == "content")
      let next = try #require(await agent.nextCall())
      next.answerAll(AgentAnswer(.busy))
      for label in ["newer", "newer too"] {
        let (found, finding) = try await running.next()
        #expect(found == label)
        #expect(finding.state == .busy)
        #expect(finding.observedAt == second)
      }
      #expect(agent.callCount == 2)
    }
  }

  @Test("A moment that has not come yet counts as now, so that a wrong clock does not call for ever")
  func futureNotOlderThan() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a", label: "first")
      let first = try #require(await agent.nextCall())
      running.clock.advance(by: .seconds(1))
      try running.need("jane@a", label: "future", notOlderThan: running.clock.wallTime.adding(milliseconds: 3_600_000))
      first.answerAll(AgentAnswer(.online))
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.away))
      _ = try await running.next()
      #expect(try await running.next().finding.state == .away)
      #expect(running.status().runningCalls == 0)
    }
  }

  @Test("A need ends by its deadline while the shared call goes on for the others")
  func deadline() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(timeout: .seconds(30)))
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a", label: "hurried", within: 2)
      try running.need("jane@a", label: "patient", within: 60)
      let call = try #require(await agent.nextCall())
      running.clock.advance(by: .seconds(2))
      let (label, finding) = try await running.next()
      #expect(label == "hurried")
      #expect(finding.code == .deadlinePassed)
      call.answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
    }
  }

  @Test("A need past its deadline is sent back without a call")
  func pastDeadline() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a", within: 0)
      #expect(try await running.next().finding.code == .deadlinePassed)
      try running.need("jane@a", within: -5)
      let finding = try await running.next().finding
      #expect(finding.code == .deadlinePassed)
      #expect(!finding.wasCalled)
      #expect(agent.callCount == 0)
    }
  }

  @Test("A call that hangs is cancelled at the time-out, even if it does not listen")
  func timeout() async throws {
    for ignores in [false, true] {
      let agent = ScriptedAgent(domain: "a", ignoresCancellation: ignores)
      try await RunningChain.run([agent]) { running in
        try running.need("jane@a")
        let call = try #require(await agent.nextCall())
        running.clock.advance(by: .seconds(10))
        #expect(try await running.next().finding.code == .timeout)
        await call.cancelled()
        #expect(running.status().counters.failedCalls == 1)
        call.answerAll(AgentAnswer(.online))  // too late for everybody
      }
    }
  }

  @Test("A call that ignores its cancellation keeps its slot, so that a dead agent cannot pile up calls")
  func zombieKeepsSlot() async throws {
    let agent = ScriptedAgent(
      domain: "a",
      limits: AgentLimits(maximumCalls: 1, circuitFailures: 100),
      ignoresCancellation: true
    )
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      let zombie = try #require(await agent.nextCall())
      running.clock.advance(by: .seconds(10))
      _ = try await running.next()
      try running.need("joe@a", within: 3)
      running.clock.advance(by: .seconds(3))
      #expect(try await running.next().finding.code == .deadlinePassed)
      #expect(agent.callCount == 1)
      try running.need("jack@a")
      zombie.fail(Self.refused)
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      let (label, finding) = try await running.next()
      #expect(label == "jack@a")  // joe's need was gone: nobody was called for it
      #expect(finding.state == .online)
      #expect(agent.callCount == 2)
    }
  }

  @Test("A failed agent's address never falls through to another agent that would claim it")
  func noFallThrough() async throws {
    let first = ScriptedAgent(domain: "a", limits: Self.once) { _ in .failure(Self.refused) }
    let second = ScriptedAgent(
      AgentDescriptor(name: "second", claims: [ClaimRule()])
    ) { .success([$0[0]: AgentAnswer(.online)]) }
    let enterprise = ScriptedAgent(domain: "lync") { .success([$0[0]: AgentAnswer(.online)]) }
    try await RunningChain.run([first, second], enterprise: enterprise) { running in
      try running.need("jane@a")
      let finding = try await running.next().finding
      #expect(finding.code == .connectionFailed)
      #expect(finding.agent == "a")
      #expect(second.callCount == 0)
      #expect(enterprise.callCount == 0)
    }
  }

  @Test("What nobody claims goes to the enterprise connection, or is not claimed")
  func enterprise() async throws {
    let agent = ScriptedAgent(domain: "a")
    let enterprise = ScriptedAgent(domain: "lync") { .success([$0[0]: AgentAnswer(.away)]) }
    try await RunningChain.run([agent], enterprise: enterprise) { running in
      try running.need("jane@corp")
      let finding = try await running.next().finding
      #expect(finding.state == .away)
      #expect(finding.agent == "lync")
    }
    try await RunningChain.run([agent]) { running in
      try running.need("jane@corp")
      let finding = try await running.next().finding
      #expect(finding.code == .notClaimed)
      #expect(finding.agent == nil)
    }
  }

  @Test("A failure is remembered for five seconds, then the agent is asked again")
  func failureMemory() async throws {
    let agent = ScriptedAgent(domain: "a", limits: Self.once)
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      try #require(await agent.nextCall()).fail(AgentError(.badAnswer, "x"))
      let first = try await running.next().finding
      running.clock.advance(by: .milliseconds(4_999))
      try running.need("jane@a", notOlderThan: running.clock.wallTime)
      let second = try await running.next().finding
      #expect(second == first)
      #expect(agent.callCount == 1)
      running.clock.advance(by: .milliseconds(1))
      try running.need("jane@a")
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
    }
  }

  @Test("Needs that follow a call that fails share its failure")
  func followersShareFailure() async throws {
    let agent = ScriptedAgent(domain: "a", limits: Self.once)
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      let call = try #require(await agent.nextCall())
      running.clock.advance(by: .seconds(1))
      try running.need("jane@a", notOlderThan: running.clock.wallTime)
      call.fail(AgentError(.badAnswer, "x"))
      for _ in 0..<2 { #expect(try await running.next().finding.code == .badAnswer) }
      #expect(agent.callCount == 1)
      #expect(running.status().waitingNeeds == 0)
      #expect(running.status().queuedAddresses == 0)
    }
  }

  @Test("A transient failure is tried again within the deadline; the second answer counts")
  func retry() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(attempts: 2, backoff: .seconds(1)))
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      try #require(await agent.nextCall()).fail(Self.refused)
      try await waitUntil { running.status().queuedAddresses > 0 }  // the failure has been taken in
      running.clock.advance(by: .seconds(1))
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
      #expect(running.status().counters.retries == 1)
    }
  }

  @Test("A refusal that time will not heal is not tried again")
  func noRetry() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(attempts: 5)) { _ in
      .failure(AgentError(.badAnswer, "x"))
    }
    try await RunningChain.run([agent]) { running in
      try running.need("jane@a")
      #expect(try await running.next().finding.code == .badAnswer)
      #expect(agent.callCount == 1)
    }
  }

  @Test("Retry-After within the deadline is waited for, beyond it the need ends at once")
  func retryAfter() async throws {
    let limited = AgentError(.rateLimited, "Slow down.", retryAfter: .seconds(20))
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      try running.need("patient@a", within: 60)
      try running.need("hurried@a", within: 10)
      for _ in 0..<2 { try #require(await agent.nextCall()).fail(limited) }
      let (label, finding) = try await running.next()
      #expect(label == "hurried@a")
      #expect(finding.outcome == .unavailable(retryAfter: .seconds(20)))
      try running.need("other@a", within: 5)
      #expect(try await running.next().finding.outcome == .unavailable(retryAfter: .seconds(20)))
      try await waitUntil { running.status().queuedAddresses > 0 }  // the first failure has been taken in
      running.clock.advance(by: .seconds(20))
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      #expect(try await running.next().label == "patient@a")
      #expect(agent.callCount == 3)
    }
  }

  @Test("Batches form while the slots are taken, up to what the agent takes")
  func batches() async throws {
    let agent = ScriptedAgent(domain: "a", batch: 3, limits: AgentLimits(maximumCalls: 1))
    try await RunningChain.run([agent]) { running in
      for number in 0..<5 { try running.need("u\(number)@a") }
      let single = try #require(await agent.nextCall())
      #expect(single.addresses.map(\.local) == ["u0"])
      single.answerAll(AgentAnswer(.online))
      let batch = try #require(await agent.nextCall())
      #expect(batch.addresses.map(\.local) == ["u1", "u2", "u3"])
      batch.answer([batch.addresses[0]: AgentAnswer(.busy), batch.addresses[2]: AgentAnswer(.away)])
      let rest = try #require(await agent.nextCall())
      #expect(rest.addresses.map(\.local) == ["u4"])
      rest.answerAll(AgentAnswer(.offline))
      var states: [String: PresenceState?] = [:]
      for _ in 0..<5 {
        let (label, finding) = try await running.next()
        states[label] = finding.state
        if label == "u2@a" { #expect(finding.outcome == .unknown) }
      }
      #expect(states["u1@a"] == .busy)
      #expect(states["u3@a"] == .away)
      #expect(states["u4@a"] == .offline)
    }
  }

  @Test("No more calls run at once, and no more start in a second, than the limits say")
  func callLimits() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(maximumCalls: 2, callsPerSecond: 3))
    try await RunningChain.run([agent]) { running in
      for number in 0..<6 { try running.need("u\(number)@a") }
      let first = [try #require(await agent.nextCall()), try #require(await agent.nextCall())]
      #expect(running.status().runningCalls == 2)
      #expect(running.status().queuedAddresses == 4)
      first[0].answerAll(AgentAnswer(.online))
      let third = try #require(await agent.nextCall())
      first[1].answerAll(AgentAnswer(.online))
      third.answerAll(AgentAnswer(.online))
      for _ in 0..<3 { _ = try await running.next() }
      #expect(running.status().runningCalls == 0)  // a second's worth is spent
      #expect(running.status().queuedAddresses == 3)
      running.clock.advance(by: .milliseconds(334))
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      _ = try await running.next()
      #expect(agent.callCount == 4)
      #expect(running.status().queuedAddresses == 2)
    }
  }

  @Test("An agent that fails in a row is left alone; one call on trial brings it back")
  func circuit() async throws {
    let agent = ScriptedAgent(
      domain: "a",
      limits: AgentLimits(attempts: 1, circuitFailures: 3, circuitPause: .seconds(30))
    )
    try await RunningChain.run([agent]) { running in
      for number in 0..<3 {
        try running.need("u\(number)@a")
        try #require(await agent.nextCall()).fail(Self.refused)
        #expect(try await running.next().finding.code == .connectionFailed)
      }
      #expect(running.status().circuit == .open)
      try running.need("v@a")
      let finding = try await running.next().finding
      #expect(finding.code == .circuitOpen)
      #expect(finding.outcome.failure?.retryAfter == .seconds(30))
      #expect(!finding.wasCalled)
      running.clock.advance(by: .seconds(30))
      try running.need("trial@a")
      let trial = try #require(await agent.nextCall())
      #expect(running.status().circuit == .halfOpen)
      try running.need("w@a")
      #expect(try await running.next().finding.code == .circuitOpen)
      trial.answerAll(AgentAnswer(.online))
      #expect(try await running.next().label == "trial@a")
      #expect(running.status().circuit == .closed)
      try running.need("x@a")
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
    }
  }

  @Test("When the circuit opens, everybody who waits for a slot is told at once")
  func circuitEndsWaiting() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(maximumCalls: 1, attempts: 1, circuitFailures: 1))
    try await RunningChain.run([agent]) { running in
      for number in 0..<3 { try running.need("u\(number)@a") }
      try #require(await agent.nextCall()).fail(Self.refused)
      #expect(try await running.next().finding.code == .connectionFailed)
      for _ in 0..<2 { #expect(try await running.next().finding.code == .circuitOpen) }
      #expect(agent.callCount == 1)
      #expect(running.status().waitingNeeds == 0)
    }
  }

  @Test("Addresses that cannot be answered do not open the circuit for the others")
  func badAnswersDoNotOpen() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(circuitFailures: 2)) { _ in
      .failure(AgentError(.badAnswer, "x"))
    }
    try await RunningChain.run([agent]) { running in
      for number in 0..<10 {
        try running.need("u\(number)@a")
        #expect(try await running.next().finding.code == .badAnswer)
      }
      #expect(running.status().circuit == .closed)
    }
  }

  @Test("An agent that hangs costs the addresses of others nothing")
  func isolation() async throws {
    let dead = ScriptedAgent(domain: "dead", limits: AgentLimits(maximumCalls: 1))
    let live = ScriptedAgent(domain: "live") { .success([$0[0]: AgentAnswer(.online)]) }
    try await RunningChain.run([dead, live]) { running in
      for number in 0..<100 { try running.need("u\(number)@dead") }
      for number in 0..<100 { try running.need("u\(number)@live") }
      for _ in 0..<100 { #expect(try await running.next().finding.agent == "live") }
      #expect(running.status(0).waitingNeeds == 100)
    }
  }

  @Test("More needs than may wait are refused, and bound the memory")
  func overload() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(maximumCalls: 1, maximumWaiting: 3))
    try await RunningChain.run([agent]) { running in
      for number in 0..<3 { try running.need("u\(number)@a") }
      try running.need("u3@a")
      #expect(try await running.next().finding.code == .overloaded)
      try running.need("u0@a")
      #expect(try await running.next().finding.code == .overloaded)
    }
  }

  @Test("Addresses that wait for the agent are bounded in bytes; room comes back when they have been asked for")
  func waitingBytes() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(maximumCalls: 1, maximumWaitingBytes: 12))
    try await RunningChain.run([agent]) { running in
      for number in 0..<3 { try running.need("u\(number)@a") }
      try running.need("u3@a")
      #expect(try await running.next().finding.code == .overloaded)
      try running.need("u0@a", label: "joined")  // takes no more room
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.online))
      for _ in 0..<2 { #expect(try await running.next().finding.state == .online) }
      try running.need("u4@a")
      for name in ["u1", "u2", "u4"] {
        let call = try #require(await agent.nextCall())
        #expect(call.addresses.map(\.local) == [name])
        call.answerAll(AgentAnswer(.away))
        _ = try await running.next()
      }
    }
  }

  @Test("Whoever is waited for goes before those who are only kept fresh, also who was queued as one of them")
  func awaitedFirst() async throws {
    let agent = ScriptedAgent(domain: "a", batch: 2, limits: AgentLimits(maximumCalls: 1))
    try await RunningChain.run([agent]) { running in
      try running.need("first@a")
      for number in 0..<4 { try running.need("fresh\(number)@a") }
      try running.need("jane@a", isAwaited: true)
      try running.need("fresh3@a", label: "joe", isAwaited: true)
      var order: [[String]] = []
      for _ in 0..<4 {
        let call = try #require(await agent.nextCall())
        order.append(call.addresses.map(\.local))
        call.answerAll(AgentAnswer(.online))
      }
      #expect(order == [["first"], ["jane", "fresh3"], ["fresh0", "fresh1"], ["fresh2"]])
      var labels: [String] = []
      for _ in 0..<7 { labels.append(try await running.next().label) }
      #expect(Set(labels).count == 7, "everybody was told once")
      #expect(running.status().queuedAddresses == 0)
    }
  }

  @Test("A hastened look-up that ends by its deadline leaves nothing in the queue")
  func hastenedDeadline() async throws {
    let agent = ScriptedAgent(domain: "a", limits: AgentLimits(maximumCalls: 1))
    try await RunningChain.run([agent]) { running in
      try running.need("first@a")
      let call = try #require(await agent.nextCall())
      try running.need("jane@a", within: 2)
      try running.need("jane@a", within: 1, isAwaited: true)
      running.clock.advance(by: .seconds(3))
      for _ in 0..<2 { #expect(try await running.next().finding.code == .deadlinePassed) }
      call.answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
      try running.need("jane@a", label: "again")
      try #require(await agent.nextCall()).answerAll(AgentAnswer(.busy))
      #expect(try await running.next().finding.state == .busy)
      #expect(agent.callCount == 2)
    }
  }

  @Test("A cancelled look-up ends at once and leaves the call to the others")
  func cancellation() async throws {
    let agent = ScriptedAgent(domain: "a")
    try await RunningChain.run([agent]) { running in
      let need = PresenceNeed(
        try address("jane@a"),
        deadline: running.clock.wallTime.adding(milliseconds: 60_000)
      )
      try running.need("jane@a")
      let call = try #require(await agent.nextCall())
      let task = Task { await running.chain.lookUp(need) }
      task.cancel()
      #expect(await task.value.code == .cancelled)
      call.answerAll(AgentAnswer(.online))
      #expect(try await running.next().finding.state == .online)
      #expect(running.status().waitingNeeds == 0)
    }
  }

  @Test("A closed chain serves who waits, takes nobody more, and ends")
  func close() async throws {
    let agent = ScriptedAgent(domain: "a")
    let clock = ManualClock()
    let chain = try PresenceChain([agent], clock: clock, wallClock: { clock.wallTime })
    let life = Task { await chain.run() }
    let deadline = clock.wallTime.adding(milliseconds: 60_000)
    async let finding = chain.lookUp(PresenceNeed(try address("jane@a"), deadline: deadline))
    let call = try #require(await agent.nextCall())
    chain.close()
    let late = await chain.lookUp(PresenceNeed(try address("joe@a"), deadline: deadline))
    #expect(late.code == .cancelled)
    call.answerAll(AgentAnswer(.online))
    #expect(try await finding.state == .online)
    await life.value
  }

  @Test("A chain that never had work ends when it is closed")
  func closeIdle() async throws {
    let clock = ManualClock()
    for agents in [[], [ScriptedAgent(domain: "a")]] {
      let chain = try PresenceChain(agents, clock: clock, wallClock: { clock.wallTime })
      chain.close()
      await chain.run()
    }
  }

  @Test("A cancelled chain cancels its calls and tells everybody who waits")
  func cancelledChain() async throws {
    let agent = ScriptedAgent(domain: "a")
    let clock = ManualClock()
    let chain = try PresenceChain([agent], clock: clock, wallClock: { clock.wallTime })
    let life = Task { await chain.run() }
    let need = PresenceNeed(try address("jane@a"), deadline: clock.wallTime.adding(milliseconds: 60_000))
    async let finding = chain.lookUp(need)
    let call = try #require(await agent.nextCall())
    life.cancel()
    #expect(await finding.code == .cancelled)
    await call.cancelled()
    await life.value
  }

  @Test("An explanation tells the order, who claims, what was asked and what came back, past an open circuit")
  func explanation() async throws {
    let first = ScriptedAgent(domain: "b")
    let second = ScriptedAgent(
      AgentDescriptor(name: "second", claims: [ClaimRule(domain: GlobPattern("*"))], launch: .xmpp)
    ) { addresses in
      AgentTrace.note("GET \(addresses[0].text)")
      return .success([addresses[0]: AgentAnswer(.away, message: "Lunch")])
    }
    try await RunningChain.run([first, second], enterprise: ScriptedAgent(domain: "lync")) { running in
      let explanation = await running.chain.explain(try address("jane@a"))
      #expect(explanation.steps.map(\.agent) == ["b", "second", "lync"])
      #expect(explanation.steps.map { $0.claimedBy != nil } == [false, true, false])
      #expect(explanation.steps.map(\.isEnterprise) == [false, false, true])
      #expect(explanation.delegate == "second")
      #expect(explanation.trace == ["GET jane@a"])
      #expect(explanation.finding.outcome == .answered(AgentAnswer(.away, message: "Lunch")))
      #expect(explanation.launch?.uri == "xmpp:jane@a?message")
    }
  }
}
