// SPDX-License-Identifier: Apache-2.0

import CCallCounter
import PresenceModel
import Worker

/// Decode, apply and encode alone, on one core and without a broker: changes in, full snapshots out.
///
///     enricher-benchmark [users] [events] [rounds]    speed: 100,000 users, 2,000,000 events, 3 rounds
///     enricher-benchmark --coalesce [users] ...       the same with the changes of a transaction published as one
///     enricher-benchmark --memory [users] [passes]    memory: a profile and a change of each of 1,000,000 users, and
///                                                     as many changes again in each pass (none)
///     enricher-benchmark --digest                     a digest of what a fixed, varied input makes
///
/// Prints one JSON line a round: events a second, nanoseconds and allocator calls an event, bytes of a snapshot, bytes
/// of store a user. The clock stands still while a pass of events is prepared.
@main
struct EnricherBenchmark {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let numbers = arguments.compactMap { Int($0) }
    if arguments.contains("--memory") {
      MemoryRun(users: numbers.first ?? 1_000_000, passes: numbers.dropFirst().first ?? 0).run()
    } else if arguments.contains("--digest") {
      print(DigestRun().run())
    } else {
      SpeedRun(
        users: numbers.first ?? 100_000,
        events: numbers.dropFirst().first ?? 2_000_000,
        rounds: numbers.dropFirst(2).first ?? 3,
        coalesce: arguments.contains("--coalesce")
      ).run()
    }
  }
}

/// How fast changes become snapshots, where every change is material.
private struct SpeedRun {
  var users: Int
  var events: Int
  var rounds: Int
  var coalesce: Bool

  /// The changes of one transaction of 100 ms at 200,000 a second.
  private static let transaction = 20_000

  func run() {
    var settings = EnricherSettings()
    settings.coalesce = coalesce
    var bytes = 0
    var published = 0
    let start = Timestamp(milliseconds: 1_795_335_330_123)
    let harness = EnricherHarness(settings: settings, wall: start) { output in
      bytes += output.value?.count ?? 0
      published += 1
      return true
    }
    Profiles.apply(to: harness, users: users)

    // Half a million events are a hundred megabytes: read once each, as a consumer reads, and not from a cache.
    var stream = ChangeStream(count: min(events, 500_000), users: users, began: start)
    let passes = max(1, events / stream.count)
    for round in 0...rounds {
      // Round zero is one pass that brings every buffer to its size and is not told.
      let roundPasses = round == 0 ? 1 : passes
      let expected = roundPasses * stream.count
      bytes = 0
      published = 0
      var taken = 0.0
      var calls: Int64 = 0
      for _ in 0..<roundPasses {
        stream.advance()
        let callsBefore = allocator_calls()
        let began = Clock.seconds()
        for first in stride(from: 0, to: stream.count, by: SpeedRun.transaction) {
          harness.apply(min(SpeedRun.transaction, stream.count - first)) { index in
            let (key, value) = stream.event(first + index)
            var record = EnricherHarness.Record(
              partition: LogPartition(.presenceChanges, 0),
              offset: Int64(first + index),
              timestamp: start,
              key: key,
              value: value
            )
            // As a consumer that has fetched it hands it over.
            if first + index + 1 < stream.count {
              record.next = LogSuccessor(partition: 0, key: stream.event(first + index + 1).key)
            }
            return record
          }
          harness.commit()
        }
        taken += Clock.seconds() - began
        calls += allocator_calls() - callsBefore
      }
      precondition(coalesce || published == expected, "every change is material")
      guard round > 0 else { continue }
      print(
        #"{"benchmark":"decode-apply-encode","users":\#(users),"events":\#(expected),"eventsPerSecond":"#
          + #"\#(Int(Double(expected) / taken)),"nanosecondsPerEvent":\#(Int(taken * 1e9 / Double(expected))),"#
          + #""allocatorCallsPerEvent":\#(Double(calls) / Double(expected)),"allocatorCalls":\#(calls),"#
          + #""snapshots":\#(published),"bytesPerSnapshot":\#(bytes / published),"#
          + #""storeBytesPerUser":\#(harness.storeBytes / harness.users)}"#
      )
    }
  }
}

/// What a user costs in memory, with a profile, an address, a message and one reading, and whether that grows.
private struct MemoryRun {
  var users: Int
  var passes: Int

  func run() {
    var settings = EnricherSettings()
    settings.coalesce = false
    let start = Timestamp(milliseconds: 1_795_335_330_123)
    let harness = EnricherHarness(settings: settings, wall: start) { _ in true }
    let layout = EventLayout(user: UserNames.name(0))
    let event = UnsafeMutablePointer<UInt8>.allocate(capacity: layout.stride)
    defer { event.deallocate() }
    // What the changes lie in is there before, and not the users' memory.
    var stream = ChangeStream(count: passes > 0 ? users : 0, users: users, began: start)
    stream.advance()
    let before = Clock.residentBytes()
    Profiles.apply(to: harness, users: users)
    for user in 0..<users {
      layout.write(UserNames.name(user), isBusy: user % 2 == 0, to: event)
      harness.apply(
        .presenceChanges,
        key: ByteView(base: event, count: layout.keyLength),
        value: ByteView(base: event + layout.keyLength, count: layout.valueLength)
      )
      if user % 20_000 == 19_999 { harness.commit() }
    }
    harness.commit()
    tell(harness, changes: users, since: before)
    for pass in 0..<passes {
      stream.advance()
      for index in 0..<stream.count {
        let (key, value) = stream.event(index)
        harness.apply(.presenceChanges, key: key, value: value)
        if index % 20_000 == 19_999 { harness.commit() }
      }
      harness.commit()
      tell(harness, changes: users + (pass + 1) * stream.count, since: before)
    }
  }

  private func tell(_ harness: EnricherHarness, changes: Int, since before: Int) {
    let resident = Clock.residentBytes() - before
    print(
      #"{"benchmark":"store-memory","users":\#(users),"changes":\#(changes),"residentBytesPerUser":\#(resident / users),"#
        + #""storeBytesPerUser":\#(harness.storeBytes / users)}"#
    )
  }
}

/// The profiles of the benchmark's users.
private enum Profiles {
  static func apply(to harness: EnricherHarness, users: Int) {
    for number in 0..<users {
      let user = UserNames.name(number)
      let text =
        #"{"user":"\#(user)","displayName":"Person \#(user)","mail":"\#(user)@corp.example","#
        + #""enterpriseAddress":"sip:\#(user)@corp.example"}"#
      ByteView.withView(of: user) { key in
        ByteView.withView(of: text) { harness.apply(.userProfiles, key: key, value: $0) }
      }
      if number % 20_000 == 19_999 { harness.commit() }
    }
    harness.commit()
  }
}
