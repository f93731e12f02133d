// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@Suite("A poll that tells what comes next", .ownThreads())
struct SequenceTests {
  /// What a visitor was told, in order.
  private enum Sight: Equatable {
    case record(Int64, next: Int64?)
    case end(Int64)
  }

  private struct Watcher: KafkaSequenceVisitor {
    var seen: [Sight] = []
    var keys: [String?] = []
    var nextKeys: [String?] = []

    var records: Int { keys.count }
    /// What was said to come behind each record.
    var successors: [Int64?] { seen.compactMap { if case .record(_, let next) = $0 { .some(next) } else { nil } } }
    var hasEnded: Bool { seen.contains { if case .end = $0 { true } else { false } } }

    mutating func visit(_ record: borrowing KafkaRecord, before next: borrowing KafkaRecord?) {
      let following = copy next
      seen.append(.record(record.offset, next: following?.offset))
      keys.append(record.key.map(text))
      nextKeys.append(following.flatMap { $0.key.map(text) })
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) { seen.append(.end(offset)) }
    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {}
  }

  private func reader(of count: Int, _ name: String = #function) throws -> KafkaConsumer {
    let topic = try Fixture.topic(name)
    let producer = try Fixture.batchingProducer()
    let out = try producer.topic(topic)
    for index in 0..<count {
      try bytes("key \(index)") { key throws(KafkaError) in
        try producer.produce(out, partition: 0, key: key, value: nil)
      }
    }
    try producer.flush(timeout: Fixture.patience)
    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    return reader
  }

  @Test("visits each record once, in order, and the end of the partition behind the last")
  func order() throws {
    let reader = try reader(of: 300)
    var watcher = Watcher()
    while !watcher.hasEnded { _ = try reader.poll(timeout: .seconds(1), limit: 100, into: &watcher) }
    #expect(watcher.keys == (0..<300).map { "key \($0)" })
    #expect(watcher.seen.last == .end(300))
    #expect(watcher.seen.count == 301)
  }

  @Test("tells the record that is visited next, and none behind the last of a call")
  func successors() throws {
    let reader = try reader(of: 50)
    var watcher = Watcher()
    var expected: [Int64?] = []
    var calls = 0
    while watcher.records < 50 {
      let first = watcher.records
      _ = try reader.poll(timeout: .seconds(1), limit: 7, into: &watcher)
      guard watcher.records > first else { continue }
      calls += 1
      expected += (first + 1..<watcher.records).map { Int64($0) } + [nil]
    }
    #expect(calls < 50, "some calls have to visit several records")
    #expect(watcher.successors == expected)
    #expect(watcher.nextKeys == expected.map { $0.map { "key \($0)" } })
    #expect(watcher.keys == (0..<50).map { "key \($0)" })
  }

  @Test("loses nothing to a short queue whose fetchers are woken between polls")
  func woken() throws {
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    for _ in 0..<200 { try producer.produce(out, String(repeating: "x", count: 1_000)) }
    try producer.flush(timeout: Fixture.patience)
    let reader = try KafkaConsumer(
      try Fixture.configuration(["queued.max.messages.kbytes": "1", "fetch.message.max.bytes": "5000"]),
      role: .reader(group: "readers", isolation: .readUncommitted),
      clientID: "test"
    )
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var watcher = Watcher()
    let deadline = ContinuousClock.now + Fixture.patience
    while watcher.records < 200 {
      try #require(ContinuousClock.now < deadline)
      _ = try reader.poll(timeout: .seconds(1), limit: 3, into: &watcher)
      reader.wakeFetchers(of: [KafkaTopicPartition(topic, 0)])
    }
    let offsets = watcher.seen.compactMap { sight -> Int64? in
      guard case .record(let offset, _) = sight else { return nil }
      return offset
    }
    #expect(offsets == Array(0..<200))
  }
}
