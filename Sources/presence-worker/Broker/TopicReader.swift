// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel
import Worker

/// Reads topics without being a member of any group: committed records only, and nothing is committed.
///
/// Used by one thread.
final class TopicReader {
  /// Where to begin in a topic.
  enum Start: Sendable {
    /// At the oldest record.
    case beginning
    /// Behind the newest record.
    case end
    /// At the first record of that moment or later; at the oldest where the broker cannot search by time.
    case since(Timestamp)
    /// At these offsets of these partitions; the others are not read.
    case at([Int32: Int64])
  }

  /// A record, valid inside of the call that it is handed to.
  struct Record {
    var topic: LogTopic
    var partition: Int32
    var offset: Int64
    var timestamp: Timestamp?
    var key: UnsafeRawBufferPointer?
    var value: UnsafeRawBufferPointer?
    var envelope: Envelope
    /// The record itself, for whoever needs all of its headers.
    var source: KafkaRecord?

    /// Calls the body with each header, in order; nil for a null value.
    func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void) {
      source?.forEachHeader(body)
    }
  }

  private let broker: Broker
  private let consumer: KafkaConsumer
  private var topics: [KafkaTopic: LogTopic] = [:]
  private var unfinished: Set<LogPartition> = []
  private var failure: KafkaError?

  /// Whether the end of every partition has been reached at least once.
  var isCaughtUp: Bool { unfinished.isEmpty }

  /// Begins to read; `partition` chooses one of each topic, else all are read.
  init(_ broker: Broker, _ starts: [LogTopic: Start], partition: Int32? = nil) throws(CommandFailure) {
    self.broker = broker
    let counts = try broker.partitions(of: starts.keys.sorted { $0.rawValue < $1.rawValue })
    consumer = try broker.attempt("connect") { () throws(KafkaError) in
      try KafkaConsumer(
        broker.configuration.kafka.consumerConfiguration.merging(Self.tuning),
        role: .reader(group: "\(broker.configuration.topics.prefix)presence-worker-cli", isolation: .readCommitted),
        clientID: broker.clientID,
        observer: broker.observer
      )
    }
    var positions: [KafkaPosition] = []
    for (topic, start) in starts {
      let name = broker.topology.name(of: topic)
      let registered = try broker.attempt("read \(name)") { () throws(KafkaError) in try consumer.topic(name) }
      topics[registered] = topic
      let numbers = Self.numbers(start, partition, count: counts[topic] ?? 0)
      unfinished.formUnion(numbers.map { LogPartition(topic, $0) })
      positions += try self.positions(numbers.map { KafkaTopicPartition(name, $0) }, start)
    }
    try broker.attempt("read the topics") { () throws(KafkaError) in try consumer.assign(positions) }
  }

  /// Waits for records and hands out what has come, at most `limit`.
  func poll(timeout: Duration, limit: Int = 5_000, _ body: (Record) -> Void) throws(CommandFailure) {
    try withoutActuallyEscaping(body) { (body) throws(CommandFailure) in
      var visitor = Visitor(topics: topics, handle: body)
      try broker.attempt("read") { () throws(KafkaError) in
        _ = try consumer.poll(timeout: timeout, limit: limit, into: &visitor)
      }
      unfinished.subtract(visitor.ended)
      if let failure = visitor.failure {
        throw CommandFailure(failure, doing: "read", at: broker.address, complaint: broker.lastComplaint)
      }
    }
  }

  /// Reads until the end of every partition has been reached.
  ///
  /// - Throws: also where nothing comes for the broker's time-out.
  func readToEnd(_ body: (Record) -> Void) throws(CommandFailure) {
    let clock = ContinuousClock()
    var lastSign = clock.now
    while !isCaughtUp {
      var records = 0
      let before = unfinished.count
      try poll(timeout: .milliseconds(100)) { record in
        records += 1
        body(record)
      }
      if records > 0 || unfinished.count != before { lastSign = clock.now }
      guard clock.now - lastSign < broker.timeout else {
        throw CommandFailure(
          KafkaError(code: .timedOut, operation: .poll, recovery: .retry),
          doing: "read to the end",
          at: broker.address,
          complaint: broker.lastComplaint
        )
      }
    }
  }

  /// Frees the client.
  func close() throws(CommandFailure) {
    try broker.attempt("close the reader") { () throws(KafkaError) in try consumer.close() }
  }

  private static func numbers(_ start: Start, _ partition: Int32?, count: Int32) -> [Int32] {
    if let partition { return [partition] }
    if case .at(let offsets) = start { return offsets.keys.filter { $0 < count }.sorted() }
    return Array(0..<count)
  }

  private func positions(
    _ partitions: [KafkaTopicPartition],
    _ start: Start
  ) throws(CommandFailure) -> [KafkaPosition] {
    switch start {
    case .beginning: return partitions.map { KafkaPosition($0, .beginning) }
    case .end: return partitions.map { KafkaPosition($0, .end) }
    case .at(let offsets):
      return partitions.map { KafkaPosition($0, offsets[$0.partition].map { KafkaOffset($0) } ?? .beginning) }
    case .since(let moment):
      do {
        return try consumer.offsets(of: partitions, at: moment.milliseconds, timeout: broker.timeout)
      } catch {
        // Brokers without an index by time, such as the one inside of the worker, answer with an error.
        return partitions.map { KafkaPosition($0, .beginning) }
      }
    }
  }

  /// A person waits: what is there is wanted at once, and little is held.
  private static let tuning = ["fetch.wait.max.ms": "50", "queued.max.messages.kbytes": "65536"]
}

extension TopicReader {
  /// Takes the records of one poll.
  private struct Visitor: KafkaRecordVisitor {
    let topics: [KafkaTopic: LogTopic]
    let handle: (Record) -> Void
    var ended: Set<LogPartition> = []
    var failure: KafkaError?

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      guard let topic = topics[record.topic] else { return .next }
      handle(
        Record(
          topic: topic,
          partition: record.partition,
          offset: record.offset,
          timestamp: record.timestamp < 0 ? nil : Timestamp(milliseconds: record.timestamp),
          key: record.key,
          value: record.value,
          envelope: Envelope(
            specVersion: record.header("ce_specversion").map { ByteView($0) } ?? .empty,
            type: record.header("ce_type").map { ByteView($0) } ?? .empty,
            id: record.header("ce_id").map { ByteView($0) } ?? .empty,
            contentType: record.header("content-type").map { ByteView($0) } ?? .empty
          ),
          source: copy record
        )
      )
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {
      guard let topic = topics[topic] else { return }
      ended.insert(LogPartition(topic, partition))
    }

    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
      // What the client retries by itself is no failure of the command; the broker's complaint says it anyway.
      if error.recovery != .retry { failure = error }
    }
  }
}
