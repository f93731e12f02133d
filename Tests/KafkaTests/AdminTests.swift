// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@Suite("Administration", .ownThreads())
struct AdminTests {
  @Test("describes topics, and says of one that does not exist that it does not")
  func describe() throws {
    let topic = try Fixture.topic(partitions: 5)
    let admin = try KafkaAdmin(Fixture.configuration(), clientID: "test")
    #expect(
      try admin.describeTopics([topic], timeout: Fixture.patience) == [
        KafkaTopicDescription(name: topic, partitions: 5, replication: 1)
      ]
    )
    let all = try admin.describeTopics(nil, timeout: Fixture.patience)
    #expect(all.contains { $0.name == topic && $0.partitions == 5 })
    admin.close()
    let error = try #require(throws: KafkaError.self) { try admin.describeTopics(nil, timeout: Fixture.patience) }
    #expect(error.code == .destroyed)
  }

  @Test(
    "creates, describes, empties and deletes topics",
    .enabled(if: Broker.isThere, Broker.reason)
  )
  func lifeOfATopic() throws {
    let name = "kafka-tests-\(UInt64.random(in: 0...UInt64.max))"
    let configuration = Broker.configuration()
    let admin = try KafkaAdmin(configuration, clientID: "test")
    let topic = KafkaNewTopic(
      name: name,
      partitions: 2,
      replication: 1,
      configuration: ["cleanup.policy": "delete", "retention.ms": "123456789"]
    )
    let patience = Fixture.patience
    #expect(try admin.createTopics([topic], timeout: patience) == [KafkaTopicResult(name: name)])
    let again = try admin.createTopics([topic], timeout: patience)
    #expect(again.map(\.error?.code) == [.topicAlreadyExists])
    #expect(try admin.describeTopics([name], timeout: patience).map(\.partitions) == [2])
    let described = try #require(try admin.describeConfigurations(ofTopics: [name], timeout: patience).first)
    #expect(described.error == nil)
    #expect(described.properties["retention.ms"] == "123456789")
    #expect(described.properties["max.message.bytes"] != nil)

    let producer = try KafkaProducer(configuration, clientID: "test")
    let out = try producer.topic(name)
    for _ in 0..<10 { try producer.produce(out, "x") }
    try producer.flush(timeout: patience)
    let emptied = try admin.deleteRecords(before: [KafkaPosition(name, 0, 4)], timeout: patience)
    #expect(emptied == [KafkaPosition(name, 0, 4)])

    #expect(try admin.deleteTopics([name], timeout: patience) == [KafkaTopicResult(name: name)])
    let gone = try admin.deleteTopics([name], timeout: patience)
    #expect(gone.map(\.error?.code) == [.unknownTopicOrPartition])
  }
}
