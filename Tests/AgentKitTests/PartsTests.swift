// SPDX-License-Identifier: Apache-2.0

import AgentTesting
import PresenceModel
import Testing

@testable import AgentKit

struct PartsTests {
  private func at(_ milliseconds: Int) -> ManualClock.Instant {
    ManualClock.Instant(offset: .milliseconds(milliseconds))
  }

  @Test("The limiter passes a second's worth at once, then one per interval")
  func limiter() throws {
    var limiter = try #require(RateLimiter<ManualClock.Instant>(callsPerSecond: 4))
    for _ in 0..<4 { #expect(limiter.take(at: at(0)) == nil) }
    #expect(limiter.take(at: at(0)) == at(250))
    #expect(limiter.take(at: at(249)) == at(250))
    #expect(limiter.take(at: at(250)) == nil)
    #expect(limiter.take(at: at(250)) == at(500))
    #expect(limiter.take(at: at(60_000)) == nil)
    for _ in 0..<3 { #expect(limiter.take(at: at(60_000)) == nil) }
    #expect(limiter.take(at: at(60_000)) == at(60_250))  // an idle minute saves up no more than a second's worth
  }

  @Test("A limit below one a second passes one and then makes wait")
  func slowLimiter() throws {
    var limiter = try #require(RateLimiter<ManualClock.Instant>(callsPerSecond: 0.5))
    #expect(limiter.take(at: at(0)) == nil)
    #expect(limiter.take(at: at(0)) == at(2_000))
    #expect(RateLimiter<ManualClock.Instant>(callsPerSecond: nil) == nil)
  }

  @Test("Timers come up in the order of their times, whatever the order they were put in")
  func heap() {
    var random = SplitMix64(seed: 7)
    var heap = TimerHeap<Int, Int>()
    let times = (0..<500).map { _ in Int.random(in: 0..<200, using: &random) }
    for (event, time) in times.enumerated() { heap.insert(event, at: time) }
    heap.prune { $0 % 3 != 0 }
    let kept = times.enumerated().filter { $0.offset % 3 != 0 }.map(\.element).sorted()
    var popped: [Int] = []
    #expect(heap.popDue(at: -1) == nil)
    while let event = heap.popDue(at: 1_000) { popped.append(times[event]) }
    #expect(popped == kept)
  }

  @Test("A queue gives back what it took, in order, and forgets what it gave")
  func queue() {
    var queue = FIFOQueue<Int>()
    var taken = 0
    for value in 0..<10_000 {
      queue.append(value)
      if value % 3 != 0 {
        #expect(queue.popFirst() == taken)
        taken += 1
      }
    }
    #expect(queue.count == 10_000 - taken)
    while let value = queue.popFirst() {
      #expect(value == taken)
      taken += 1
    }
    #expect(taken == 10_000)
  }

  @Test("A failure is remembered for its time, and the oldest are forgotten first")
  func memory() throws {
    var memory = FailureMemory<ManualClock.Instant>(lifetime: .seconds(5), capacity: 2, maximumBytes: 10_000)
    let jane = try address("jane@a")
    let outcome = AgentOutcome.failed(.timeout)
    memory.remember(outcome, observedAt: .distantPast, of: jane, at: at(0))
    #expect(memory.failure(of: jane, at: at(4_999)) != nil)
    #expect(memory.failure(of: jane, at: at(5_000)) == nil)
    memory.remember(outcome, observedAt: .distantPast, of: jane, at: at(4_000))
    memory.remember(outcome, observedAt: .distantPast, of: try address("b@a"), at: at(5_500))
    #expect(memory.failure(of: jane, at: at(8_999)) != nil)  // the lapse of the first failure left the second alone
    memory.remember(outcome, observedAt: .distantPast, of: try address("c@a"), at: at(5_600))
    #expect(memory.failure(of: jane, at: at(5_700)) == nil)
    #expect(memory.count == 2)
  }

  @Test("The memory of failures is bounded in bytes, too, and keeps no detail of any length")
  func memoryBytes() throws {
    var memory = FailureMemory<ManualClock.Instant>(lifetime: .seconds(5), capacity: 1_000, maximumBytes: 8_000)
    let domain = String(repeating: "d", count: 900)
    let error = AgentError(.badAnswer, "no", detail: String(repeating: "x", count: 1 << 20))
    for number in 0..<20 {
      let address = try address("u\(number)@\(domain)")
      memory.remember(.failed(error), observedAt: .distantPast, of: address, at: at(number))
      #expect(memory.bytes <= 8_000)
    }
    #expect(memory.count == 3)
    let last = try #require(memory.failure(of: try address("u19@\(domain)"), at: at(20)))
    #expect(last.outcome == .failed(AgentError(.badAnswer, "no")))
    memory.remember(.unknown, observedAt: .distantPast, of: try address("late@a"), at: at(6_000))
    #expect(memory.count == 1)
    #expect(memory.bytes < 1_000, "what has lapsed takes nothing any more")
  }

  @Test("Whoever is waited for stands before everybody else, each kind in its order")
  func callQueue() {
    var queue = CallQueue()
    #expect(queue.isEmpty)
    for flight: UInt64 in 1...6 { queue.append(flight, isUrgent: flight.isMultiple(of: 2)) }
    #expect(queue.first == 2)
    var order: [UInt64] = []
    while let flight = queue.popFirst() { order.append(flight) }
    #expect(order == [2, 4, 6, 1, 3, 5])
    #expect(queue.isEmpty)
  }
}
