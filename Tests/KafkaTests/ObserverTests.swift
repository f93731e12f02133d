// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import Kafka

@Suite("An observer", .ownThreads())
struct ObserverTests {
  /// What an observer was told.
  private final class Notes: Sendable {
    let logs = Mutex<[KafkaLogMessage]>([])
    let errors = Mutex<[KafkaError]>([])
    let statistics = Mutex<[KafkaStatistics]>([])

    var observer: KafkaObserver {
      KafkaObserver(
        log: { line in self.logs.withLock { $0.append(line) } },
        error: { error in self.errors.withLock { $0.append(error) } },
        statistics: { vitals in self.statistics.withLock { $0.append(vitals) } }
      )
    }
  }

  @Test("receives a producer's vital signs")
  func producerStatistics() throws {
    let notes = Notes()
    let configuration = try Fixture.configuration(["statistics.interval.ms": "20"])
    let producer = try KafkaProducer(configuration, clientID: "vital", observer: notes.observer)
    let out = try producer.topic(try Fixture.topic())
    for _ in 0..<10 { try producer.produce(out, "12345") }
    try producer.flush(timeout: Fixture.patience)
    let deadline = ContinuousClock.now + Fixture.patience
    // The statistics of a moment may count records as written and, until their reports are served, as queued.
    func isSettled() -> Bool {
      notes.statistics.withLock { $0.last.map { $0.recordsWritten == 10 && $0.queuedRecords == 0 } ?? false }
    }
    while !isSettled() {
      try #require(ContinuousClock.now < deadline)
      try producer.poll(timeout: .milliseconds(50))
    }
    let vitals = try #require(notes.statistics.withLock { $0.last })
    #expect(vitals.name.hasPrefix("vital#producer"))
    #expect(vitals.queuedRecords == 0)
    #expect(vitals.bytesWritten >= 50)
    #expect(vitals.group == nil)
    #expect(vitals.brokers.values.contains { $0.state == "UP" && $0.roundTrip >= .zero })
    #expect(notes.errors.withLock { $0.isEmpty })
  }

  @Test("receives a consumer's vital signs")
  func consumerStatistics() throws {
    let notes = Notes()
    let role = KafkaConsumer.Role.reader(group: "readers", isolation: .readCommitted)
    let configuration = try Fixture.configuration(["statistics.interval.ms": "20"])
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    for _ in 0..<3 { try producer.produce(out, "12345") }
    try producer.flush(timeout: Fixture.patience)

    let reader = try KafkaConsumer(configuration, role: role, clientID: "vital", observer: notes.observer)
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { _ in notes.statistics.withLock { $0.last?.recordsRead } == 3 }
    let vitals = try #require(notes.statistics.withLock { $0.last })
    #expect(vitals.name.hasPrefix("vital#consumer"))
    #expect(vitals.bytesRead >= 15)
    // No member: the group has assigned it nothing.
    #expect(vitals.group?.assignedPartitions == 0)
  }

  @Test("hears of brokers that are away, and of it in the log")
  func brokersDown() throws {
    try Fixture.withCluster(topic: "none") { cluster in
      let notes = Notes()
      let configuration = Fixture.configuration(of: cluster)
      try cluster.setBrokerDown(1)
      let producer = try KafkaProducer(configuration, clientID: "test", observer: notes.observer)
      let deadline = ContinuousClock.now + Fixture.patience
      while !notes.errors.withLock({ $0.contains { $0.code == .allBrokersDown } }) {
        try #require(ContinuousClock.now < deadline)
        try producer.poll(timeout: .milliseconds(50))
      }
      #expect(notes.errors.withLock { $0.allSatisfy { $0.recovery == .retry && $0.operation == .background } })
      producer.close()
    }
  }

  @Test("receives log lines with level and facility")
  func logs() throws {
    let notes = Notes()
    let configuration = try Fixture.configuration(["debug": "conf"])
    let producer = try KafkaProducer(configuration, clientID: "test", observer: notes.observer)
    producer.close()
    #expect(notes.logs.withLock { $0.contains { $0.facility == "CONF" && $0.level == 7 && !$0.message.isEmpty } })
  }

  @Test("learns that statistics could not be read, instead of nothing")
  func unreadable() {
    let result = Array(#"{"name": 1}"#.utf8).withUnsafeBytes { KafkaStatistics.decode($0) }
    guard case .failure(let error) = result else {
      Issue.record("read \(result)")
      return
    }
    #expect(error.operation == .statistics)
  }
}
