// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Worker

@Suite("The timing wheel", .computing)
struct TimerWheelTests {
  @Test("An entry is due not before its deadline, not later than one tick after it, and once")
  func againstSortedList() {
    for seed in 1...40 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      var now: Int64 = 1_000_000
      let wheel = TimerWheel(now: now)
      var armed: [Int: Int64] = [:]
      for _ in 0..<600 {
        if Bool.random(using: &random) {
          let id = Int.random(in: 0..<50, using: &random)
          let deadline = now + Int64.random(in: -10...900_000, using: &random)
          wheel.arm(id, at: deadline)
          armed[id] = min(armed[id] ?? .max, max(deadline, now))
        } else {
          now += Int64.random(in: 0...40_000, using: &random)
          var fired: Set<Int> = []
          wheel.advance(to: now) { id in
            #expect(fired.insert(id).inserted)
            #expect(armed[id].map { $0 <= now } ?? false, "user \(id) was not due")
            armed[id] = nil
          }
          for (id, deadline) in armed { #expect(deadline + 2 * TimerWheel.tick > now, "user \(id) was forgotten") }
        }
        #expect(wheel.armedCount == armed.count)
      }
    }
  }

  @Test("Arming later than before keeps the earlier entry, so that nobody is looked at too late")
  func earlierEntryStays() {
    let wheel = TimerWheel(now: 0)
    wheel.arm(1, at: 1_000)
    wheel.arm(1, at: 900_000)
    var fired = 0
    wheel.advance(to: 1_100) { _ in fired += 1 }
    #expect(fired == 1)
  }

  @Test("Whoever is looked at may be armed again at once, while others are still handed over")
  func armedWhileAdvancing() {
    let wheel = TimerWheel(now: 0)
    for id in 0..<10 { wheel.arm(id, at: 500) }
    var fired = 0
    for now in stride(from: 1_000 as Int64, through: 3_000, by: 1_000) {
      wheel.advance(to: now) { id in
        fired += 1
        wheel.arm(id, at: now + 500)
      }
    }
    #expect(fired == 30)
  }
}
