// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@Suite("On a real broker", .ownThreads(), .enabled(if: Broker.isThere, Broker.reason))
struct RealBrokerTests {
  private let patience = Fixture.patience

  private func producer(_ id: String) throws -> KafkaProducer {
    let producer = try KafkaProducer(Broker.configuration(), clientID: "test", transactionalID: id)
    try producer.initTransactions(timeout: patience)
    return producer
  }

  private func reader(_ isolation: KafkaConsumer.Isolation) throws -> KafkaConsumer {
    let role = KafkaConsumer.Role.reader(group: "kafka-tests-readers", isolation: isolation)
    return try KafkaConsumer(Broker.configuration(["fetch.wait.max.ms": "50"]), role: role, clientID: "test")
  }

  @Test("the end of a partition, and the position there, lie behind commit markers and aborted records")
  func endBehindMarkers() throws {
    try Broker.withTopic(partitions: 1) { topic in
      let producer = try producer(topic)
      let out = try producer.topic(topic)
      try producer.beginTransaction()
      for _ in 0..<3 { try producer.produce(out, "committed") }
      try producer.commitTransaction(timeout: patience)
      try producer.beginTransaction()
      try producer.produce(out, "aborted")
      try producer.flush(timeout: patience)
      try producer.abortTransaction(timeout: patience)

      let partition = KafkaTopicPartition(topic, 0)
      let reader = try reader(.readCommitted)
      try reader.assign([KafkaPosition(partition, .beginning)])
      var seen = Collector()
      // Three records, a marker, an aborted record, a marker.
      try reader.poll(into: &seen) { $0.ends.last?.offset == 6 }
      #expect(seen.records.map(\.value) == ["committed", "committed", "committed"])
      let position = try reader.position([partition])
      #expect(position == [KafkaPosition(topic, 0, 6)])
    }
  }

  @Test("an open transaction holds back readers of committed records and their high watermark, and no others")
  func lastStableOffset() throws {
    try Broker.withTopic(partitions: 1) { topic in
      let producer = try producer(topic)
      let out = try producer.topic(topic)
      try producer.beginTransaction()
      try producer.produce(out, "open")
      try producer.flush(timeout: patience)
      let partition = KafkaTopicPartition(topic, 0)
      let careful = try reader(.readCommitted)
      let hasty = try reader(.readUncommitted)
      #expect(try careful.watermarks(of: partition, timeout: patience).high == 0)
      #expect(try hasty.watermarks(of: partition, timeout: patience).high == 1)
      try careful.assign([KafkaPosition(partition, .beginning)])
      var seen = Collector()
      try careful.poll(into: &seen) { $0.ends.last?.offset == 0 }
      #expect(seen.records.isEmpty)
      try producer.commitTransaction(timeout: patience)
      try careful.poll(into: &seen) { $0.ends.last?.offset == 2 }
      #expect(seen.records.map(\.value) == ["open"])
    }
  }

  @Test("a successor fences its predecessor, whose transaction is lost")
  func fencing() throws {
    try Broker.withTopic(partitions: 1) { topic in
      let predecessor = try producer(topic)
      let old = try predecessor.topic(topic)
      try predecessor.beginTransaction()
      try predecessor.produce(old, "old")
      try predecessor.flush(timeout: patience)

      let successor = try producer(topic)
      let new = try successor.topic(topic)
      try successor.beginTransaction()
      try successor.produce(new, "new")
      try successor.commitTransaction(timeout: patience)

      let error = try #require(throws: KafkaError.self) { try predecessor.commitTransaction(timeout: patience) }
      #expect(error.recovery == .discardClient)
      predecessor.close()

      let reader = try reader(.readCommitted)
      try reader.assign([KafkaPosition(.init(topic, 0), .beginning)])
      var seen = Collector()
      try reader.poll(into: &seen) { !$0.records.isEmpty }
      #expect(seen.records.map(\.value) == ["new"])
    }
  }

  @Test("offsets of a transaction are the group's after its commit, and a member of a past generation sends none")
  func offsetsInTransactions() throws {
    try Broker.withTopic(partitions: 1) { topic in
      let role = KafkaConsumer.Role.member(group: topic, instance: nil)
      let partition = KafkaTopicPartition(topic, 0)
      let producer = try producer(topic)
      let out = try producer.topic(topic)
      let member = try KafkaConsumer(Broker.configuration(), role: role, clientID: "test")
      try member.subscribe(to: [topic])
      var seen = Collector()
      let deadline = ContinuousClock.now + patience
      while member.pendingRebalance == nil {
        try #require(ContinuousClock.now < deadline)
        _ = try member.poll(timeout: .milliseconds(50), limit: 1, into: &seen)
      }
      let group = try member.groupMetadata()
      try member.assign([KafkaPosition(partition, .committed)])

      try producer.beginTransaction()
      try producer.produce(out, "x")
      try producer.sendOffsets([KafkaPosition(topic, 0, 1)], group: group, timeout: patience)
      try producer.commitTransaction(timeout: patience)
      #expect(try member.committed([partition], timeout: patience) == [KafkaPosition(topic, 0, 1)])

      // It leaves; what it took along is no longer worth anything.
      try member.close()
      try producer.beginTransaction()
      try producer.produce(out, "y")
      let error = try #require(throws: KafkaError.self) {
        try producer.sendOffsets([KafkaPosition(topic, 0, 2)], group: group, timeout: patience)
      }
      #expect(error.recovery == .abortTransaction)
      try producer.abortTransaction(timeout: patience)
      let reader = try KafkaConsumer(
        Broker.configuration(),
        role: .reader(group: topic, isolation: .readCommitted),
        clientID: "test"
      )
      #expect(try reader.committed([partition], timeout: patience) == [KafkaPosition(topic, 0, 1)])
    }
  }

  @Test("finds offsets by time")
  func offsetsByTime() throws {
    try Broker.withTopic(partitions: 1) { topic in
      let producer = try KafkaProducer(Broker.configuration(), clientID: "test")
      let out = try producer.topic(topic)
      for second in 1...5 as ClosedRange<Int64> {
        let time = 1_700_000_000_000 + second * 1000
        try producer.produce(out, partition: 0, key: nil, value: nil, timestamp: time)
      }
      try producer.flush(timeout: patience)
      let partition = KafkaTopicPartition(topic, 0)
      let reader = try reader(.readCommitted)
      let third = try reader.offsets(of: [partition], at: 1_700_000_002_500, timeout: patience)
      #expect(third == [KafkaPosition(topic, 0, 2)])
      let behind = try reader.offsets(of: [partition], at: 1_700_000_009_000, timeout: patience)
      #expect(behind == [KafkaPosition(partition, .end)])
    }
  }
}
