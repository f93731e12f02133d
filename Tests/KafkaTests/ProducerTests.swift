// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@Suite("A producer", .ownThreads())
struct ProducerTests {
  @Test("reports the offset of every record, by partition and token")
  func deliveries() throws {
    let topic = try Fixture.topic(partitions: 3)
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    for token in 0..<30 { try producer.produce(out, "x", partition: Int32(token % 3), token: UInt(token)) }
    #expect(producer.inFlight > 0)
    try producer.flush(timeout: Fixture.patience)
    #expect(producer.inFlight == 0)
    let deliveries = producer.deliveries()
    #expect(Set(deliveries.map(\.token)) == Set(0..<30))
    for delivery in deliveries {
      #expect(delivery.topic == out)
      #expect(delivery.error == nil)
      #expect(delivery.partition == Int32(delivery.token % 3))
      #expect(delivery.offset == Int64(delivery.token / 3))
    }
    #expect(producer.deliveries().isEmpty)
  }

  @Test("that reports failures alone keeps the offsets of the topics that it was told to keep")
  func keptOffsets() throws {
    let (kept, other) = (try Fixture.topic("kept", partitions: 3), try Fixture.topic("other"))
    let producer = try KafkaProducer(Fixture.configuration(), clientID: "test", deliveries: .failures)
    let (keptOut, otherOut) = (try producer.topic(kept), try producer.topic(other))
    try producer.keepOffsets(of: keptOut, partitions: 3)
    #expect(throws: KafkaError.self) { try producer.keepOffsets(of: keptOut, partitions: 3) }
    #expect(producer.writtenUpTo(keptOut, partition: 0) == nil)
    for number in 0..<7 { try producer.produce(keptOut, "x", partition: Int32(number % 2)) }
    try producer.produce(otherOut, "x")
    try producer.flush(timeout: Fixture.patience)
    #expect(producer.deliveries().isEmpty)
    #expect((0..<4).map { producer.writtenUpTo(keptOut, partition: $0) } == [4, 3, nil, nil])
    #expect(producer.writtenUpTo(otherOut, partition: 0) == nil)
  }

  @Test("that reports failures alone reports them, and keeps no offset for them")
  func reportedFailures() throws {
    try Fixture.withCluster(topic: "refused") { cluster in
      let producer = try KafkaProducer(Fixture.configuration(of: cluster), clientID: "test", deliveries: .failures)
      let out = try producer.topic("refused")
      try producer.keepOffsets(of: out, partitions: 1)
      cluster.pushRequestErrors(.produce, [.topicAuthorizationFailed])
      try producer.produce(out, "x", token: 7)
      try producer.flush(timeout: Fixture.patience)
      #expect(producer.deliveries().map(\.token) == [7])
      #expect(producer.writtenUpTo(out, partition: 0) == nil)
    }
  }

  @Test("puts a key where Java's partitioner puts it")
  func partitioner() throws {
    let topic = try Fixture.topic(partitions: 7)
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    let keys = (0..<200).map { "user\($0 * 7919)-\(String(repeating: "ü", count: $0 % 5))" }
    for (token, key) in keys.enumerated() {
      try producer.produce(out, "x", key: key, partition: KafkaProducer.partitionByKey, token: UInt(token))
    }
    try producer.flush(timeout: Fixture.patience)
    let deliveries = producer.deliveries()
    #expect(deliveries.count == 200)
    #expect(Set(deliveries.map(\.partition)).count == 7)
    for delivery in deliveries {
      let expected = Array(keys[Int(delivery.token)].utf8).withUnsafeBytes {
        JavaPartitioner.partition(ofKey: $0, count: 7)
      }
      #expect(delivery.partition == expected)
    }
  }

  @Test("says when its queue is full, drops nothing for it, and takes records again when there is room")
  func queueFull() throws {
    try Fixture.withCluster(topic: "full") { cluster in
      let configuration = Fixture.configuration(of: cluster, ["queue.buffering.max.messages": "3"])
      let producer = try KafkaProducer(configuration, clientID: "test")
      let out = try producer.topic("full")
      _ = try producer.partitionCount(of: out, timeout: Fixture.patience)
      try cluster.setBrokerDown(1)
      for token in 0..<3 { try producer.produce(out, "x", token: UInt(token)) }
      let error = try #require(throws: KafkaError.self) { try producer.produce(out, "x", token: 3) }
      #expect(error.code == .queueFull)
      #expect(error.recovery == .retry)
      #expect(producer.deliveries().isEmpty)
      try cluster.setBrokerUp(1)
      try producer.flush(timeout: Fixture.patience)
      try producer.produce(out, "x", token: 3)
      try producer.flush(timeout: Fixture.patience)
      let deliveries = producer.deliveries()
      #expect(deliveries.map(\.token) == [0, 1, 2, 3])
      #expect(deliveries.allSatisfy { $0.error == nil })
    }
  }

  @Test("surfaces a record that a broker refuses")
  func failedDelivery() throws {
    try Fixture.withCluster(topic: "refused") { cluster in
      let producer = try KafkaProducer(Fixture.configuration(of: cluster), clientID: "test")
      let out = try producer.topic("refused")
      cluster.pushRequestErrors(.produce, [.topicAuthorizationFailed])
      try producer.produce(out, "x", token: 7)
      try producer.flush(timeout: Fixture.patience)
      let delivery = try #require(producer.deliveries().first)
      #expect(delivery.token == 7)
      #expect(delivery.offset == nil)
      #expect(delivery.error?.code == .topicAuthorizationFailed)
      #expect(delivery.error?.recovery == KafkaError.Recovery.none)
    }
  }

  @Test("survives a record with headers for a partition that does not exist (librdkafka freed them twice)")
  func unknownPartitionWithHeaders() throws {
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    #expect(try producer.partitionCount(of: out, timeout: Fixture.patience) == 1)
    var headers = KafkaHeaders()
    headers.append("a", "b")
    for _ in 0..<100 {
      let error = try #require(throws: KafkaError.self) {
        try producer.produce(out, partition: 9, key: nil, value: nil, headers: headers)
      }
      #expect(error.code == .unknownPartition)
      #expect(error.recovery == .none)
    }
    try producer.produce(out, partition: 0, key: nil, value: nil, headers: headers)
    try producer.flush(timeout: Fixture.patience)
    #expect(producer.deliveries().map(\.offset) == [0])
  }

  @Test("refuses a record that is too large, and a topic that is another client's")
  func refusals() throws {
    let producer = try Fixture.producer(["message.max.bytes": "2000"])
    let out = try producer.topic(try Fixture.topic())
    let large = try #require(throws: KafkaError.self) {
      try producer.produce(out, String(repeating: "x", count: 3000))
    }
    #expect(large.code == .messageTooLarge)
    let foreign = try #require(throws: KafkaError.self) { try producer.produce(KafkaTopic(index: 5), "x") }
    #expect(foreign.code == .unknownTopic)
  }

  @Test("drops on purge what it could not send, and says so for each record")
  func purge() throws {
    try Fixture.withCluster(topic: "purged") { cluster in
      let producer = try KafkaProducer(Fixture.configuration(of: cluster), clientID: "test")
      let out = try producer.topic("purged")
      _ = try producer.partitionCount(of: out, timeout: Fixture.patience)
      try cluster.setBrokerDown(1)
      for token in 0..<5 { try producer.produce(out, "x", token: UInt(token)) }
      try producer.purge()
      let deadline = ContinuousClock.now + Fixture.patience
      while producer.inFlight > 0 {
        try #require(ContinuousClock.now < deadline)
        try producer.poll(timeout: .milliseconds(50))
      }
      let deliveries = producer.deliveries()
      #expect(deliveries.map(\.token).sorted() == [0, 1, 2, 3, 4], "what was under way comes behind what was not")
      #expect(deliveries.allSatisfy { [.purgedInQueue, .purgedInFlight].contains($0.error?.code) })
    }
  }

  @Test("fails once it is closed")
  func closed() throws {
    let producer = try Fixture.producer()
    let out = try producer.topic("closed")
    producer.close()
    let error = try #require(throws: KafkaError.self) { try producer.produce(out, "x") }
    #expect(error.code == .destroyed)
    #expect(producer.inFlight == 0)
  }
}
