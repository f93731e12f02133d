// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct RequestRateLimiterTests {
  typealias Limits = RequestRateLimiter.Limits

  private let key = KeyedHash.Key(3, 4)
  private let start = Timestamp(milliseconds: 1_795_335_330_123)

  private func after(_ milliseconds: Int64) -> Timestamp { start.adding(milliseconds: milliseconds) }

  @Test func aBurstPassesAndTheRestIsRefused() {
    var limiter = RequestRateLimiter(limits: Limits(perMinute: 60, burst: 10), key: key)
    let results = (0..<15).map { _ in limiter.admit(ByteView("jane"), at: start) }
    #expect(results == Array(repeating: true, count: 10) + Array(repeating: false, count: 5))
    let other = limiter.admit(ByteView("john"), at: start)
    #expect(other)
  }

  @Test func aLimitOfZeroLetsEverythingPassAndRemembersNobody() {
    var limiter = RequestRateLimiter(limits: Limits(perMinute: 0, burst: 1), key: key)
    let results = (0..<5).map { _ in limiter.admit(ByteView("jane"), at: start) }
    #expect(results == Array(repeating: true, count: 5))
    #expect(limiter.count == 0)
  }

  @Test func aTokenComesBackToTheMillisecond() {
    var limiter = RequestRateLimiter(limits: Limits(perMinute: 60, burst: 1), key: key)
    let times: [Int64] = [0, 999, 1_000, 1_999, 2_000, 2_001, 3_000]
    let results = times.map { limiter.admit(ByteView("jane"), at: after($0)) }
    #expect(results == [true, false, true, false, true, false, true])
  }

  @Test func aRateThatDoesNotDivideAMinuteDoesNotDrift() {
    var limiter = RequestRateLimiter(limits: Limits(perMinute: 7, burst: 1), key: key)
    var admitted = 0
    for second in 0..<(60 * 60 * 24) {
      for part in 0..<2 where limiter.admit(ByteView("jane"), at: after(Int64(second * 1_000 + part * 500))) {
        admitted += 1
      }
    }
    // One at the start, then seven a minute, each up to half a second late: a refused request costs nothing, but what
    // arrives while the bucket is full is lost.
    #expect((9_600...10_081).contains(admitted))
    var patient = RequestRateLimiter(limits: Limits(perMinute: 7, burst: 2), key: key)
    var total = 0
    for halfSecond in 0..<(2 * 60 * 60 * 24) where patient.admit(ByteView("jane"), at: after(Int64(halfSecond * 500))) {
      total += 1
    }
    #expect(total == 2 + 7 * 60 * 24 - 1)
  }

  @Test func aClockThatJumpsNeitherStarvesNorFloods() {
    var limiter = RequestRateLimiter(limits: Limits(perMinute: 60, burst: 2), key: key)
    let moments: [(Int64, Bool)] = [
      (0, true), (0, true), (0, false), (-3_600_000, false), (-3_599_000, true), (-3_599_000, false),
      (Int64.max / 2, true), (Int64.max / 2, true), (Int64.max / 2, false),
    ]
    for (offset, expected) in moments {
      let isAdmitted = limiter.admit(ByteView("jane"), at: after(offset))
      #expect(isAdmitted == expected, "at \(offset)")
    }
    var extreme = RequestRateLimiter(limits: Limits(perMinute: 1_000_000, burst: 1_000_000), key: key)
    let results = [Int64.min, .max, .min, .max].map { extreme.admit(ByteView("jane"), at: Timestamp(milliseconds: $0)) }
    #expect(results == [true, true, true, true])
  }

  @Test func whoWasQuietForLongestIsForgotten() {
    var limiter = RequestRateLimiter(limits: Limits(perMinute: 1, burst: 1, requesters: 2), key: key)
    let first = ["a", "b", "a", "c"].map { name in ByteView.withView(of: name) { limiter.admit($0, at: start) } }
    #expect(first == [true, true, false, true])  // c took the place of b: a was heard again in between
    let second = ["a", "b"].map { name in ByteView.withView(of: name) { limiter.admit($0, at: start) } }
    #expect(second == [false, true])
    let (count, evicted) = (limiter.count, limiter.evictedCount)
    #expect(count == 2)
    #expect(evicted == 2)
  }

  @Test func memoryIsAsDocumented() {
    var limiter = RequestRateLimiter(key: key)
    for number in 0..<120_000 { ByteView.withView(of: "user\(number)") { _ = limiter.admit($0, at: start) } }
    let (count, memory) = (limiter.count, limiter.memory)
    #expect(count == 100_000)
    #expect(memory <= 51 * 100_000)
  }

  @Test func aTransactionInATransactionIsAMistake() async {
    await #expect(processExitsWith: .failure) {
      var limiter = RequestRateLimiter(key: KeyedHash.Key(1, 2))
      limiter.beginTransaction()
      limiter.beginTransaction()
    }
  }

  /// A plain limiter: dictionaries and an array in the order in which requesters were heard.
  private struct Model {
    var limits: Limits
    var tokens: [Int: Int64] = [:]
    var filledAt: [Int: Int64] = [:]
    var order: [Int] = []
    var evicted: UInt64 = 0

    mutating func admit(_ requester: Int, at now: Int64) -> Bool {
      if let position = order.firstIndex(of: requester) {
        order.remove(at: position)
      } else {
        if order.count == limits.requesters {
          let oldest = order.removeFirst()
          tokens[oldest] = nil
          filledAt[oldest] = nil
          evicted += 1
        }
        tokens[requester] = Int64(limits.burst) * 60_000
        filledAt[requester] = now
      }
      order.append(requester)
      let gained = max(0, now - filledAt[requester]!) * Int64(limits.perMinute)
      tokens[requester] = min(Int64(limits.burst) * 60_000, tokens[requester]! + gained)
      filledAt[requester] = now
      guard tokens[requester]! >= 60_000 else { return false }
      tokens[requester]! -= 60_000
      return true
    }
  }

  @Test(arguments: 1...20)
  func anySequenceMatchesAPlainModel(_ seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let limits = Limits(
      perMinute: Int32.random(in: 1...60, using: &generator),
      burst: Int32.random(in: 1...20, using: &generator),
      requesters: Int.random(in: 1...150, using: &generator)
    )
    var limiter = RequestRateLimiter(limits: limits, key: key)
    var model = Model(limits: limits)
    var saved: Model?
    var now: Int64 = 0
    var wrong: [Int] = []
    var refused = 0
    for step in 0..<6_000 {
      now += Int64.random(in: -20...200, using: &generator)
      if Int.random(in: 0..<20, using: &generator) > 0 {
        // A few requesters are loud, many are not.
        let isLoud = Bool.random(using: &generator)
        let requester = Int.random(in: 0..<(isLoud ? 3 : 200), using: &generator)
        let isAdmitted = ByteView.withView(of: "user\(requester)") { limiter.admit($0, at: after(now)) }
        if isAdmitted != model.admit(requester, at: after(now).milliseconds) { wrong.append(step) }
        if !isAdmitted { refused += 1 }
      } else if let before = saved {
        if Bool.random(using: &generator) {
          limiter.commit()
        } else {
          limiter.rollback()
          model = before
        }
        saved = nil
      } else {
        limiter.beginTransaction()
        saved = model
      }
      if limiter.count != model.order.count || limiter.evictedCount != model.evicted { wrong.append(step) }
    }
    #expect(wrong == [])
    if limits.requesters > 10 { #expect(refused > 0) }  // fewer, and everybody is always new
  }
}
