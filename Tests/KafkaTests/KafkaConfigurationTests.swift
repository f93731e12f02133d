// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kafka

@Suite("Configuration")
struct KafkaConfigurationTests {
  @Test(
    "refuses what would break a guarantee, with a reason of ours",
    arguments: [
      ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"), ("isolation.level", "read_uncommitted"),
      ("partition.assignment.strategy", "cooperative-sticky"), ("enable.idempotence", "false"),
      ("transactional.id", "x"), ("group.id", "x"), ("group.instance.id", "x"), ("client.id", "x"),
      ("enable.partition.eof", "false"), ("auto.offset.reset", "latest"), ("max.in.flight", "6"),
      ("max.in.flight.requests.per.connection", "100"), ("acks", "1"), ("request.required.acks", "0"),
      ("partitioner", "consistent_random"), ("delivery.report.only.error", "true"), ("log.queue", "true"),
      ("retries", "0"), ("test.mock.num.brokers", "3"), ("queue.buffering.backpressure.threshold", "8"),
      ("queuing.strategy", "lifo"),
    ]
  )
  func refusals(property: String, value: String) throws {
    let problem = try #require(KafkaConfiguration([property: value]).problems().first)
    #expect(problem.property == property)
    #expect(problem.value == value)
    #expect(["must ", "set by the client", "would "].contains { problem.reason.hasPrefix($0) })
  }

  @Test(
    "takes what tunes and secures",
    arguments: [
      ("bootstrap.servers", "localhost:9092"), ("linger.ms", "5"), ("acks", "all"), ("acks", "-1"),
      ("enable.idempotence", "true"), ("max.in.flight", "5"), ("compression.type", "lz4"),
      ("queued.max.messages.kbytes", "65536"), ("partitioner", "murmur2_random"), ("sasl.password", "secret"),
      ("queue.buffering.backpressure.threshold", "1"), ("queuing.strategy", "fifo"),
    ]
  )
  func accepted(property: String, value: String) {
    #expect(KafkaConfiguration([property: value]).problems().isEmpty)
  }

  @Test("reports all problems at once, in order, with librdkafka's own words for those that it finds")
  func allAtOnce() throws {
    let configuration = KafkaConfiguration([
      "linger.ms": "soon", "no.such.property": "1", "group.id": "x", "bootstrap.servers": "localhost",
      "rebalance_cb": "x",
    ])
    let error = try #require(throws: KafkaError.self) { try configuration.validate() }
    #expect(error.operation == .configure)
    #expect(error.recovery == .none)
    #expect(error.problems.map(\.property) == ["group.id", "linger.ms", "no.such.property", "rebalance_cb"])
    #expect(error.problems[1].reason.contains("Invalid value"))
    #expect(error.problems[2].reason.contains("No such configuration property"))
    #expect(error.debugDescription.contains("no.such.property=1"))
    #expect(!error.description.contains("no.such.property"))
  }

  @Test("a client refuses what its configuration refuses")
  func clientRefuses() throws {
    let error = try #require(throws: KafkaError.self) {
      _ = try KafkaProducer(KafkaConfiguration(["group.id": "x"]), clientID: "test")
    }
    #expect(error.problems.map(\.property) == ["group.id"])
  }

  @Test("reports what only the creation of a client finds")
  func creation() throws {
    let configuration = KafkaConfiguration(["session.timeout.ms": "60000", "max.poll.interval.ms": "10000"])
    let error = try #require(throws: KafkaError.self) {
      _ = try KafkaConsumer(configuration, role: .member(group: "g", instance: nil), clientID: "test")
    }
    #expect(error.operation == .create)
    #expect(error.detail.contains("max.poll.interval.ms"))
  }

  @Test(
    "shows no secret",
    arguments: ["sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.config"]
  )
  func secrets(property: String) {
    let configuration = KafkaConfiguration([property: "hunter2", "client.rack": "a"])
    var dumped = ""
    dump(configuration, to: &dumped)
    let problem = KafkaConfigurationProblem(property: property, value: "hunter2", reason: "wrong")
    for text in [
      configuration.description, configuration.debugDescription, dumped, problem.description,
      String(reflecting: problem),
    ] {
      #expect(!text.contains("hunter2"))
    }
    #expect(configuration.description.contains("client.rack=a"))
  }

  @Test("hides a secret that librdkafka objects to and quotes")
  func refusedSecret() throws {
    let configuration = KafkaConfiguration(["no.such.password": "hunter2"])
    let error = try #require(throws: KafkaError.self) { try configuration.validate() }
    #expect(error.problems.map(\.property) == ["no.such.password"])
    #expect(!error.debugDescription.contains("hunter2"))
    #expect(!String(reflecting: error).contains("hunter2"))
  }
}
