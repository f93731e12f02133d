// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@Suite("A poll", .ownThreads())
struct PollTests {
  /// A topic of one partition with so many records.
  private func filled(_ count: Int, _ name: String = #function) throws -> String {
    let topic = try Fixture.topic(name)
    let producer = try Fixture.batchingProducer()
    let out = try producer.topic(topic)
    for index in 0..<count { try producer.produce(out, "\(index)") }
    try producer.flush(timeout: Fixture.patience)
    return topic
  }

  @Test("visits everything that was fetched, in order, and reports the end of the partition")
  func drains() throws {
    let topic = try filled(500)
    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { !$0.ends.isEmpty }
    #expect(seen.records.map(\.value) == (0..<500).map { "\($0)" })
    #expect(seen.ends == [.init(topic: try reader.topic(topic), partition: 0, offset: 500)])
    let result = try reader.poll(timeout: .zero, limit: 100, into: &seen)
    #expect(result == KafkaPoll(records: 0, isDrained: true, rebalance: nil))
  }

  @Test("ends at its limit and at the visitor's word, and the next one goes on from there")
  func limits() throws {
    let topic = try filled(50)
    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    var result = KafkaPoll(records: 0, isDrained: true, rebalance: nil)
    while seen.records.isEmpty { result = try reader.poll(timeout: .seconds(1), limit: 7, into: &seen) }
    #expect(result == KafkaPoll(records: 7, isDrained: false, rebalance: nil))
    seen.stopAfter = 10
    result = try reader.poll(timeout: .seconds(1), limit: 100, into: &seen)
    #expect(result == KafkaPoll(records: 3, isDrained: false, rebalance: nil))
    seen.stopAfter = nil
    try reader.poll(into: &seen) { $0.records.count == 50 }
    #expect(seen.records.map(\.offset) == Array(0..<50))
  }

  @Test("takes topics by number, in the order of their registration")
  func topicNumbers() throws {
    let first = try filled(1, "topicNumbersFirst")
    let second = try filled(1, "topicNumbersSecond")
    let reader = try Fixture.reader()
    #expect(try reader.topic(second).index == 0)
    #expect(try reader.topic(first).index == 1)
    #expect(try reader.topic(second).index == 0)
    try reader.assign([KafkaPosition(first, 0, 0), KafkaPosition(second, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { $0.records.count == 2 }
    #expect(Set(seen.records.map(\.topic.index)) == [0, 1])
  }

  @Test("reports an offset that is gone as an event where no reset is allowed")
  func noReset() throws {
    let topic = try filled(3)
    let reader = try KafkaConsumer(
      Fixture.configuration(),
      role: .reader(group: "readers", isolation: .readUncommitted),
      clientID: "test",
      offsetReset: .error
    )
    try reader.assign([KafkaPosition(topic, 0, 1000)])
    var seen = Collector()
    try reader.poll(into: &seen) { !$0.errors.isEmpty }
    #expect(seen.errors[0].code == .autoOffsetReset)
    #expect(seen.errors[0].recovery == .none)
    #expect(seen.records.isEmpty)
  }

  @Test("tells watermarks, positions and the absence of committed offsets")
  func offsets() throws {
    let topic = try filled(5)
    let partition = KafkaTopicPartition(topic, 0)
    let reader = try Fixture.reader()
    let watermarks = try reader.watermarks(of: partition, timeout: Fixture.patience)
    #expect(watermarks.low == 0)
    #expect(watermarks.high == 5)
    #expect(try reader.committed([partition], timeout: Fixture.patience) == [KafkaPosition(partition, .none)])
    try reader.assign([KafkaPosition(partition, .beginning)])
    #expect(try reader.position([partition]) == [KafkaPosition(partition, .none)])
    var seen = Collector()
    try reader.poll(into: &seen, limit: 2) { $0.records.count >= 2 }
    #expect(try reader.position([partition]) == [KafkaPosition(topic, 0, 2)])
    // Registered by a question about it, before it was assigned: its records must still know their topic.
    #expect(seen.records.allSatisfy { reader.name(of: $0.topic) == topic })
  }

  @Test("passes over a paused partition, and goes on where it was when that is resumed")
  func pause() throws {
    let topic = try filled(10)
    let other = try filled(10, "pauseOther")
    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    while seen.records.count < 4 { _ = try reader.poll(timeout: .seconds(1), limit: 4, into: &seen) }
    try reader.pause([KafkaTopicPartition(topic, 0)])
    // Resuming what is not paused is nothing; the pause stays.
    try reader.resume([KafkaTopicPartition(other, 0)])
    let quiet = try reader.poll(timeout: .milliseconds(200), limit: 100, into: &seen)
    #expect(quiet.records == 0)
    try reader.resume([KafkaTopicPartition(topic, 0)])
    try reader.poll(into: &seen) { $0.records.count == 10 }
    #expect(seen.records.map(\.offset) == Array(0..<10))
  }

  @Test("reads on after a seek")
  func seek() throws {
    let topic = try filled(10)
    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { $0.records.count == 10 }
    try reader.seek(to: [KafkaPosition(topic, 0, 8)], timeout: Fixture.patience)
    try reader.poll(into: &seen) { $0.records.count == 12 }
    #expect(seen.records.suffix(2).map(\.offset) == [8, 9])
  }

  @Test("fails once the consumer is closed, and closing again does nothing")
  func closed() throws {
    let reader = try Fixture.reader()
    try reader.close()
    try reader.close()
    var seen = Collector()
    let error = try #require(throws: KafkaError.self) { try reader.poll(timeout: .zero, limit: 1, into: &seen) }
    #expect(error.code == .destroyed)
  }
}
