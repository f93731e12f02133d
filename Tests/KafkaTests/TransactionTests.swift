// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

// The in-process broker answers the calls but isolates nothing: these are tests of what errors are made of.
@Suite("A transaction", .ownThreads())
struct TransactionTests {
  /// Runs with a producer that is ready for transactions, on a cluster of the test's own.
  private func withProducer(
    _ properties: [String: String] = [:],
    _ body: (KafkaMockCluster, KafkaProducer, KafkaTopic) throws -> Void
  ) throws {
    try Fixture.withCluster(topic: "out") { cluster in
      let producer = try makeProducer(on: cluster, properties)
      try body(cluster, producer, try producer.topic("out"))
    }
  }

  private func makeProducer(
    on cluster: KafkaMockCluster,
    _ properties: [String: String] = [:]
  ) throws -> KafkaProducer {
    let configuration = Fixture.configuration(of: cluster, properties)
    let producer = try KafkaProducer(configuration, clientID: "test", transactionalID: "t")
    try producer.initTransactions(timeout: Fixture.patience)
    return producer
  }

  @Test("commits its records and reports their offsets, without a flush before")
  func commit() throws {
    try withProducer { _, producer, out in
      for round in 0..<3 {
        try producer.beginTransaction()
        for token in 0..<10 { try producer.produce(out, "x", token: UInt(token)) }
        try producer.commitTransaction(timeout: Fixture.patience)
        let deliveries = producer.deliveries()
        #expect(deliveries.map(\.token) == Array(0..<10))
        #expect(deliveries.map(\.error) == Array(repeating: nil, count: 10))
        #expect(deliveries.compactMap(\.offset).count == 10)
        #expect(producer.inFlight == 0, "round \(round)")
      }
    }
  }

  @Test("aborts, purging what was not sent, and the next one is as good as new")
  func abort() throws {
    try withProducer(["linger.ms": "5000"]) { _, producer, out in
      try producer.beginTransaction()
      try producer.produce(out, "x", token: 1)
      try producer.abortTransaction(timeout: Fixture.patience)
      let purged = try #require(producer.deliveries().first)
      #expect(purged.error?.recovery == .abortTransaction)
      try producer.beginTransaction()
      try producer.produce(out, "x", token: 2)
      try producer.commitTransaction(timeout: Fixture.patience)
      #expect(producer.deliveries().map(\.token) == [2])
    }
  }

  @Test("needs an offset to be fenced by, and aborts where the group refuses the offsets")
  func offsets() throws {
    try withProducer { cluster, producer, out in
      let configuration = Fixture.configuration(of: cluster)
      let member = try KafkaConsumer(configuration, role: .member(group: "g", instance: nil), clientID: "test")
      try member.subscribe(to: ["out"])
      var seen = Collector()
      let deadline = ContinuousClock.now + Fixture.patience
      while member.pendingRebalance == nil {
        try #require(ContinuousClock.now < deadline)
        _ = try member.poll(timeout: .milliseconds(50), limit: 1, into: &seen)
      }
      let group = try member.groupMetadata()
      let position = [KafkaPosition("out", 0, 1)]

      try producer.beginTransaction()
      let unfenced = try #require(throws: KafkaError.self) {
        try producer.sendOffsets([KafkaPosition(.init("out", 0), .none)], group: group, timeout: Fixture.patience)
      }
      #expect(unfenced.code == .noOffset)
      #expect(unfenced.recovery == .abortTransaction)
      try producer.abortTransaction(timeout: Fixture.patience)

      for code in [.illegalGeneration, .unknownMember, .fencedInstance] as [KafkaError.Code] {
        try producer.beginTransaction()
        try producer.produce(out, "x")
        cluster.pushRequestErrors(.transactionOffsetCommit, [code])
        let error = try #require(throws: KafkaError.self) {
          try producer.sendOffsets(position, group: group, timeout: Fixture.patience)
        }
        #expect(error.code == code)
        #expect(error.recovery == .abortTransaction)
        // It has become abortable: it takes no more records, and cannot be committed.
        let late = try #require(throws: KafkaError.self) { try producer.produce(out, "x") }
        #expect(late.recovery == .abortTransaction)
        let commit = try #require(throws: KafkaError.self) {
          try producer.commitTransaction(timeout: Fixture.patience)
        }
        #expect(commit.recovery == .abortTransaction)
        try producer.abortTransaction(timeout: Fixture.patience)
      }

      try producer.beginTransaction()
      try producer.produce(out, "x")
      try producer.sendOffsets(position, group: group, timeout: Fixture.patience)
      try producer.commitTransaction(timeout: Fixture.patience)
      try member.close()
    }
  }

  @Test(
    "ends the producer when it is fenced, wherever that shows",
    arguments: [
      (.endTransaction, .producerFenced), (.endTransaction, .invalidProducerEpoch),
      (.addPartitionsToTransaction, .producerFenced),
    ] as [(KafkaMockCluster.Request, KafkaError.Code)]
  )
  func fenced(request: KafkaMockCluster.Request, code: KafkaError.Code) throws {
    try withProducer { cluster, producer, out in
      cluster.pushRequestErrors(request, [code])
      try producer.beginTransaction()
      try producer.produce(out, "x")
      let error = try #require(throws: KafkaError.self) {
        try producer.commitTransaction(timeout: Fixture.patience)
      }
      #expect(error.recovery == .discardClient)
      #expect(producer.fatalError != nil)
      // It stays that way: no call makes it useful again.
      let next = try #require(throws: KafkaError.self) { try producer.beginTransaction() }
      #expect(next.recovery == .discardClient)
      producer.close()
      // A successor of the same name works.
      let successor = try makeProducer(on: cluster)
      let topic = try successor.topic("out")
      try successor.beginTransaction()
      try successor.produce(topic, "x")
      try successor.commitTransaction(timeout: Fixture.patience)
    }
  }

  /// "The commit's answer does not come in time; nobody knows whether it was committed."
  @Test("ends the producer when the outcome of a commit or of an abort is unknown", arguments: [true, false])
  func unknownOutcome(isCommit: Bool) throws {
    try withProducer { cluster, producer, out in
      try producer.beginTransaction()
      try producer.produce(out, "x")
      try producer.flush(timeout: Fixture.patience)
      try cluster.setRoundTrip(.seconds(30), ofBroker: 1)
      let error = try #require(throws: KafkaError.self) {
        if isCommit {
          try producer.commitTransaction(timeout: .milliseconds(200))
        } else {
          try producer.abortTransaction(timeout: .milliseconds(200))
        }
      }
      #expect(error.code == .timedOut)
      #expect(error.recovery == .discardClient)
      try cluster.setRoundTrip(.zero, ofBroker: 1)
    }
  }

  @Test(
    "retries inside what passes by itself",
    arguments: [
      (.addPartitionsToTransaction, .concurrentTransactions), (.endTransaction, .notCoordinator),
      (.endTransaction, .coordinatorNotAvailable), (.produce, .notLeaderForPartition),
    ] as [(KafkaMockCluster.Request, KafkaError.Code)]
  )
  func transient(request: KafkaMockCluster.Request, code: KafkaError.Code) throws {
    try withProducer { cluster, producer, out in
      cluster.pushRequestErrors(request, [code, code])
      try producer.beginTransaction()
      try producer.produce(out, "x", token: 1)
      try producer.commitTransaction(timeout: Fixture.patience)
      #expect(producer.deliveries().map(\.error) == [nil])
    }
  }

  @Test("is aborted when one of its records cannot be written")
  func refusedRecord() throws {
    try withProducer { cluster, producer, out in
      cluster.pushRequestErrors(.produce, [.topicAuthorizationFailed])
      try producer.beginTransaction()
      try producer.produce(out, "x", token: 1)
      let error = try #require(throws: KafkaError.self) {
        try producer.commitTransaction(timeout: Fixture.patience)
      }
      #expect(error.recovery == .abortTransaction)
      let delivery = try #require(producer.deliveries().first)
      #expect(delivery.error?.code == .topicAuthorizationFailed)
      #expect(delivery.error?.recovery == .abortTransaction)
      try producer.abortTransaction(timeout: Fixture.patience)
    }
  }
}
