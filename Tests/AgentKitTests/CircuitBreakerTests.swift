// SPDX-License-Identifier: Apache-2.0

import AgentTesting
import Testing

@testable import AgentKit

struct CircuitBreakerTests {
  private typealias Instant = ManualClock.Instant

  private func at(_ seconds: Int) -> Instant { Instant(offset: .seconds(seconds)) }

  private func breaker() -> CircuitBreaker<ManualClock.Instant> {
    CircuitBreaker(failures: 3, pause: .seconds(10), maximumPause: .seconds(30))
  }

  @Test("Failures in a row open it, an answer in between starts the count anew")
  func opens() {
    var breaker = breaker()
    for _ in 0..<2 { breaker.failed(onTrial: false, at: at(0)) }
    breaker.succeeded(onTrial: false)
    for _ in 0..<2 { breaker.failed(onTrial: false, at: at(0)) }
    #expect(breaker.state(at: at(0)) == .closed)
    breaker.failed(onTrial: false, at: at(1))
    #expect(breaker.state(at: at(1)) == .open)
    #expect(!breaker.admits(at: at(10)))
    #expect(breaker.remainingPause(at: at(4)) == .seconds(7))
    #expect(breaker.admits(at: at(11)))
  }

  @Test("After the pause one call is on trial, and no other")
  func oneTrial() {
    var breaker = breaker()
    for _ in 0..<3 { breaker.failed(onTrial: false, at: at(0)) }
    #expect(breaker.callStarts() == true)
    #expect(breaker.state(at: at(10)) == .halfOpen)
    #expect(!breaker.admits(at: at(1_000)))
  }

  @Test("The trial's success closes it; its failure doubles the pause up to the longest")
  func trialDecides() {
    var breaker = breaker()
    for _ in 0..<3 { breaker.failed(onTrial: false, at: at(0)) }
    var now = 10
    for pause in [20, 30, 30] {
      #expect(breaker.callStarts() == true)
      breaker.failed(onTrial: true, at: at(now))
      #expect(breaker.remainingPause(at: at(now)) == .seconds(pause))
      now += pause
    }
    #expect(breaker.callStarts() == true)
    breaker.succeeded(onTrial: true)
    #expect(breaker.state(at: at(now)) == .closed)
    breaker.failed(onTrial: false, at: at(now))
    #expect(breaker.state(at: at(now)) == .closed)
  }

  @Test("Calls from before it opened change nothing when they end")
  func stragglers() {
    var breaker = breaker()
    for _ in 0..<3 { breaker.failed(onTrial: false, at: at(0)) }
    breaker.succeeded(onTrial: false)
    #expect(breaker.state(at: at(1)) == .open)
    #expect(breaker.callStarts() == true)
    breaker.failed(onTrial: false, at: at(11))
    breaker.succeeded(onTrial: false)
    #expect(breaker.state(at: at(11)) == .halfOpen)
  }
}
