// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel
import Testing
import Worker

@testable import presence_worker

/// What a reader has read, in values.
private struct Read: Sendable, Equatable {
  var topic: LogTopic
  var partition: Int32
  var offset: Int64
  var key: String?
  var value: String?
  var type: String
}

/// A broker inside of the process, with the worker's topics.
private final class Office: Sendable {
  let cluster: KafkaMockCluster

  init(partitions: Int = 6) throws {
    cluster = try KafkaMockCluster()
    for topic in LogTopic.allCases { try cluster.createTopic("t.\(topic.name)", partitions: partitions) }
  }

  var broker: Broker {
    var configuration = WorkerConfiguration()
    configuration.kafka.bootstrapServers = [cluster.bootstrapServers]
    configuration.topics.prefix = "t."
    return Broker(configuration, timeout: .seconds(60))
  }

  static func read(_ broker: Broker, _ topics: [LogTopic], partition: Int32? = nil) throws -> [Read] {
    let starts = Dictionary(uniqueKeysWithValues: topics.map { ($0, TopicReader.Start.beginning) })
    let reader = try TopicReader(broker, starts, partition: partition)
    var records: [Read] = []
    try reader.readToEnd { record in
      records.append(
        Read(
          topic: record.topic,
          partition: record.partition,
          offset: record.offset,
          key: record.key.map { ByteView($0).string },
          value: record.value.map { ByteView($0).string },
          type: record.envelope.type.string
        )
      )
    }
    try reader.close()
    return records
  }
}

@Suite("Commands on a broker")
struct BrokerTests {
  @Test("what is sent is read with its key, value and type, in the partition that Java's clients would choose")
  func sendAndRead() async throws {
    let office = try Office()
    let events = [
      OutgoingEvent(type: .userProfile, key: "jane", value: Array(#"{"user":"jane"}"#.utf8)),
      OutgoingEvent(type: .userProfile, key: "tom", value: nil),
      OutgoingEvent(type: .portalSpace, key: "board", value: Array("{}".utf8)),
    ]
    let (receipts, read) = try await onOwnThread {
      let broker = office.broker
      let sender = try EventSender(broker, isBare: false)
      let receipts = try sender.send(events)
      sender.close()
      return (receipts, try Office.read(broker, [.userProfiles, .portalSpaces]))
    }
    let expected = zip(events, [LogTopic.userProfiles, .userProfiles, .portalSpaces]).map { event, topic in
      Read(
        topic: topic,
        partition: ByteView.withView(of: event.key) { JavaPartitioner.partition(ofKey: $0.raw, count: 6) },
        offset: 0,
        key: event.key,
        value: event.value.map { String(decoding: $0, as: UTF8.self) },
        type: "\(event.type.wireName)"
      )
    }
    #expect(Set(read.map(\.key)) == ["jane", "tom", "board"])
    for row in expected { #expect(read.contains(row), "\(read)") }
    #expect(receipts.map(\.partition) == expected.map(\.partition))
    #expect(receipts.allSatisfy { $0.offset == 0 })
  }

  @Test("--bare leaves the headers out")
  func bare() async throws {
    let office = try Office()
    let read = try await onOwnThread {
      let broker = office.broker
      let sender = try EventSender(broker, isBare: true)
      _ = try sender.send([OutgoingEvent(type: .userProfile, key: "jane", value: Array("{}".utf8))])
      sender.close()
      return try Office.read(broker, [.userProfiles])
    }
    #expect(read.map(\.type) == [""])
  }

  @Test("a reader of one partition reads that one, and a reader at the end nothing that was there")
  func starts() async throws {
    let office = try Office()
    let (one, atEnd) = try await onOwnThread {
      let broker = office.broker
      let sender = try EventSender(broker, isBare: false)
      let events = (0..<50).map { OutgoingEvent(type: .userProfile, key: "u\($0)", value: Array("{}".utf8)) }
      _ = try sender.send(events)
      sender.close()
      let one = try Office.read(broker, [.userProfiles], partition: 2)
      let reader = try TopicReader(broker, [.userProfiles: .end])
      var atEnd = 0
      try reader.readToEnd { _ in atEnd += 1 }
      try reader.close()
      return (one, atEnd)
    }
    #expect(!one.isEmpty)
    #expect(one.allSatisfy { $0.partition == 2 })
    #expect(atEnd == 0)
  }

  @Test("a topic that is missing is a failure that says how to make it")
  func missingTopic() async throws {
    let office = try Office()
    let failure = try await onOwnThread {
      var configuration = office.broker.configuration
      configuration.topics.prefix = "other."
      do throws(CommandFailure) {
        _ = try Broker(configuration).partitions(of: [.presenceSnapshots])
        return CommandFailure?.none
      } catch {
        return error
      }
    }
    #expect(failure?.status == .unavailable)
    #expect(failure?.message.contains("other.presence.snapshots") == true)
    #expect(failure?.advice.contains("topics create") == true)
  }

  @Test("a broker that does not tell its settings is checked as far as it can be")
  func checkWithoutSettings() async throws {
    let office = try Office()
    let facts = try await onOwnThread { try office.broker.topics() }
    #expect(facts.count == LogTopic.allCases.count)
    var configuration = office.broker.configuration
    configuration.topics.partitions = 6
    let report = TopicsReport(configuration, facts, at: "here")
    #expect(report.problems.allSatisfy { $0.weight == .advice })
    #expect(throws: Never.self) { try report.print() }
  }

  @Test("nobody at the address is unavailable, with the address and what to look at")
  func nobodyThere() async throws {
    let failure = try await onOwnThread {
      var configuration = WorkerConfiguration()
      configuration.kafka.bootstrapServers = ["127.0.0.1:1"]
      do throws(CommandFailure) {
        _ = try Broker(configuration, timeout: .milliseconds(200)).topics()
        return CommandFailure?.none
      } catch {
        return error
      }
    }
    #expect(failure?.status == .unavailable)
    #expect(failure?.message.contains("127.0.0.1:1") == true)
    #expect(failure?.advice.contains("--bootstrap-servers") == true)
  }
}

@Suite("Kafka's errors on the command line")
struct KafkaFailureTests {
  @Test(
    "each says a status and what to do",
    arguments: [
      (KafkaError.Code.allBrokersDown, KafkaError.Recovery.retry, CommandFailure.Status.unavailable, "running"),
      (.authentication, .none, .unavailable, "docs/SECURITY.md"),
      (.topicAuthorizationFailed, .none, .unavailable, "ACL"),
      (.unknownTopicOrPartition, .none, .unavailable, "topics create"),
      (.unsupportedFeature, .none, .unavailable, "administration"),
      (.notEnoughReplicas, .retry, .temporary, "in a moment"),
    ]
  )
  func statuses(code: KafkaError.Code, recovery: KafkaError.Recovery, status: CommandFailure.Status, advice: String) {
    let error = KafkaError(code: code, operation: .administer, recovery: recovery)
    let failure = CommandFailure(error, doing: "try", at: "kafka:9092", complaint: "Connection refused")
    #expect(failure.status == status)
    #expect(failure.advice.contains(advice))
    #expect(failure.message.contains("kafka:9092"))
    #expect(failure.message.contains("Connection refused"))
  }
}
