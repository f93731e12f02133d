// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@Suite(.computing) struct DuplicateFilterTests {
  private let key = KeyedHash.Key(1, 2)
  private let start = Timestamp(milliseconds: 1_795_335_330_123)

  private func request(_ number: Int) -> KeyedHash {
    ByteView.withView(of: "request-\(number)") { KeyedHash(ByteView("user012345"), $0, key: key) }
  }

  private func after(_ seconds: Int) -> Timestamp { start.adding(milliseconds: Int64(seconds) * 1_000) }

  @Test func aRequestIsNewOnce() {
    var filter = DuplicateFilter(key: key)
    let request = filter.hash(recipient: ByteView("user1"), requestID: ByteView("r1"))
    let results = (0..<5).map { filter.insert(request, at: after($0)) }
    #expect(results == [true, false, false, false, false])
    let isKnown = filter.contains(request)
    #expect(isKnown)
    let other = filter.insert(filter.hash(recipient: ByteView("user2"), requestID: ByteView("r1")), at: start)
    #expect(other)
  }

  @Test func aRequestIsKnownForTheWholeWindowAndNotMuchLonger() {
    var filter = DuplicateFilter(key: key)
    filter.insert(request(1), at: start)
    for (age, isKnown) in [(Int64(0), true), (DuplicateFilter.window, true), (DuplicateFilter.window + 1_000, false)] {
      filter.expire(before: start.adding(milliseconds: age - DuplicateFilter.window))
      let found = filter.contains(request(1))
      #expect(found == isKnown)
    }
    let count = filter.count
    #expect(count == 0)
    let isNewAgain = filter.insert(request(1), at: after(90_000))
    #expect(isNewAgain)
  }

  @Test func aClockThatIsSetBackBringsNothingBack() {
    var filter = DuplicateFilter(key: key)
    filter.insert(request(1), at: start)
    filter.expire(before: after(10))
    filter.expire(before: after(-10))
    let isKnown = filter.contains(request(1))
    #expect(!isKnown)
    let isNew = filter.insert(request(2), at: start)
    let count = filter.count
    #expect(isNew)
    #expect(count == 0)
  }

  @Test func aRequestStampedAheadHoldsMemoryButNotTheOthersBack() {
    var filter = DuplicateFilter(key: key)
    filter.insert(request(0), at: Timestamp.latestAccepted)
    for number in 1...100_000 {
      filter.insert(request(number), at: after(number))
      filter.expire(before: after(number - 100))
    }
    let (old, recent, ahead) = (
      filter.contains(request(99_000)), filter.contains(request(99_950)), filter.contains(request(0))
    )
    #expect(!old)
    #expect(recent)
    #expect(ahead)
    let memory = filter.memory
    #expect(memory <= 56 * 256)
  }

  @Test func anAbortedTransactionLeavesNoRequestBehind() {
    var filter = DuplicateFilter(key: key)
    filter.insert(request(0), at: start)
    filter.beginTransaction()
    for number in 0..<500 { filter.insert(request(number), at: start) }
    filter.rollback()
    let known = (0..<500).filter { filter.contains(request($0)) }
    let count = filter.count
    #expect(known == [0])
    #expect(count == 1)
    filter.beginTransaction()
    filter.insert(request(1), at: start)
    filter.commit()
    filter.beginTransaction()
    filter.rollback()
    let isKnown = filter.contains(request(1))
    #expect(isKnown)
  }

  @Test func beyondTheLimitTheOldestGoesAndIsCounted() {
    var filter = DuplicateFilter(limit: 100, key: key)
    for number in 0..<250 { filter.insert(request(number), at: start) }
    let known = (0..<250).filter { filter.contains(request($0)) }
    let (count, evicted) = (filter.count, filter.evictedCount)
    #expect(known == Array(150..<250))
    #expect(count == 100)
    #expect(evicted == 150)
  }

  @Test func aTransactionLargerThanTheLimitIsStillRolledBack() {
    var filter = DuplicateFilter(limit: 10, key: key)
    filter.insert(request(0), at: start)
    filter.beginTransaction()
    for number in 1...25 { filter.insert(request(number), at: start) }
    filter.rollback()
    let count = filter.count
    let known = (0...25).filter { filter.contains(request($0)) }
    #expect(count == 0)
    #expect(known == [])
    let isNew = filter.insert(request(3), at: start)
    #expect(isNew)
  }

  /// What a transaction inserted expires while it is open, and the ring is moved without it; the rollback must then not
  /// take what was committed before in its place.
  @Test func aRollbackAfterAnExpiryTakesOnlyItsOwn() {
    var filter = DuplicateFilter(key: key)
    filter.insert(request(0), at: Timestamp.latestAccepted)
    for number in 1...10 { filter.insert(request(number), at: after(20)) }
    filter.beginTransaction()
    for number in 100..<150 { filter.insert(request(number), at: start) }
    filter.expire(before: after(10))
    for number in 200..<220 { filter.insert(request(number), at: after(20)) }
    filter.rollback()
    let known = (0..<300).filter { filter.contains(request($0)) }
    #expect(known == Array(0...10))
  }

  @Test func memoryIsAsDocumentedAndIsGivenBack() {
    var filter = DuplicateFilter(key: key)
    let empty = filter.memory
    #expect(empty <= 64)
    for number in 0..<65_536 { filter.insert(request(number), at: after(number)) }
    let full = filter.memory
    #expect(full == 65_536 * 28)
    filter.insert(request(65_536), at: after(65_536))
    let doubled = filter.memory
    #expect(doubled == 2 * 65_536 * 28)
    filter.expire(before: after(65_000))
    let rest = filter.memory
    #expect(rest < 65_536)
    let known = (64_990...65_536).filter { filter.contains(request($0)) }
    #expect(known == Array(65_000...65_536))
  }

  @Test func timesBeyondTheRangeAreHeldToIt() {
    var filter = DuplicateFilter(key: key)
    for (number, time) in [Timestamp.distantPast, Timestamp(milliseconds: .max), .latestAccepted].enumerated() {
      let isNew = filter.insert(request(number), at: time)
      #expect(isNew)
    }
    filter.expire(before: Timestamp.earliestAccepted.adding(milliseconds: 2_000))
    let known = (0..<3).filter { filter.contains(request($0)) }
    #expect(known == [1, 2])
  }

  @Test func aTransactionInATransactionIsAMistake() async {
    await #expect(processExitsWith: .failure) {
      var filter = DuplicateFilter(key: KeyedHash.Key(1, 2))
      filter.beginTransaction()
      filter.beginTransaction()
    }
  }

  /// Random inserts, repeats, expiries and transactions against a dictionary.
  @Test(arguments: 1...20)
  func anySequenceMatchesADictionary(_ seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var filter = DuplicateFilter(key: key)
    var model: [Int: Int] = [:]
    var saved: [Int: Int]?
    var cutoff = Int.min
    var now = 1_000
    var wrong: [String] = []
    for step in 0..<4_000 {
      now += Int.random(in: 0...3, using: &generator)
      switch Int.random(in: 0..<100, using: &generator) {
      case 0..<80:
        let number = Int.random(in: 0..<400, using: &generator)
        // Now and then a clock is off.
        let time =
          now + (Int.random(in: 0..<20, using: &generator) == 0 ? Int.random(in: -400...400, using: &generator) : 0)
        let isNew = filter.insert(request(number), at: after(time))
        if isNew != (model[number] == nil) { wrong.append("step \(step): insert \(number)") }
        if model[number] == nil, time >= cutoff { model[number] = time }
      case 80..<90:
        cutoff = max(cutoff, now - Int.random(in: 50...500, using: &generator))
        filter.expire(before: after(cutoff))
        model = model.filter { $0.value >= cutoff }
        saved = saved?.filter { $0.value >= cutoff }
      default:
        if let before = saved {
          if Bool.random(using: &generator) {
            filter.commit()
          } else {
            filter.rollback()
            model = before
          }
          saved = nil
        } else {
          filter.beginTransaction()
          saved = model
        }
      }
      if step % 50 == 0 {
        for number in 0..<400 where filter.contains(request(number)) != (model[number] != nil) {
          wrong.append("step \(step): contains \(number)")
        }
      }
    }
    #expect(wrong == [])
    let evicted = filter.evictedCount
    #expect(evicted == 0)
  }
}
