// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceModel
import Worker

/// What a replay would do with each letter.
struct ReplayPlan: Sendable {
  /// The letters that are sent back.
  var letters: [Letter] = []
  /// The letters that are not, and why.
  var skipped: [(letter: Letter, reason: String)] = []

  /// A plan for what was found; `again` also sends back what has failed after a replay.
  init(_ findings: LetterArchive.Findings, again: Bool) {
    for letter in findings.letters {
      if let reason = Self.objection(letter, isReplayed: findings.replayed.contains(letter.id), again: again) {
        skipped.append((letter, reason))
      } else {
        letters.append(letter)
      }
    }
  }

  /// How many go to each topic, for a question or a report.
  var summary: String {
    let counts = Dictionary(grouping: letters, by: \.topic).mapValues(\.count).sorted { $0.key < $1.key }
    return counts.map { "\($0.value) to \($0.key)" }.joined(separator: ", ")
  }

  /// Why letters are left alone, with their number.
  var objections: [String] {
    Dictionary(grouping: skipped, by: \.reason).sorted { $0.key < $1.key }.map {
      "\($0.value.count) left alone: \($0.key)"
    }
  }

  private static func objection(_ letter: Letter, isReplayed: Bool, again: Bool) -> String? {
    if isReplayed { return "replayed already" }
    if letter.isTruncated { return "truncated: the record is not whole" }
    guard let topic = LogTopic.allCases.first(where: { $0.name == letter.topic }), topic.isInput else {
      return "from a topic that the worker does not read"
    }
    if letter.replays > 0, !again { return "failed again after a replay; --again sends it back once more" }
    return nil
  }
}

/// Sends dead letters back to their topics, and marks them as sent in the same transaction.
///
/// The transactional identifier is one for all replays of a prefix: beginning a second one ends the first, whose open
/// transaction is taken back, and the marks are read after that. So a letter goes back once, whoever replays, and
/// whatever crashes. Brokers without transactions get the letters first and the marks after their acknowledgement.
///
/// Used by one thread.
final class LetterReplay {
  /// What a transaction takes before it is committed.
  private static let batch = 500

  private let broker: Broker
  private let producer: KafkaProducer
  private let isTransactional: Bool
  private let clock = SystemLaneClock()
  private var topics: [String: KafkaTopic] = [:]
  private var headers = KafkaHeaders()
  private var batch: [Letter] = []
  /// How many letters have gone back for good.
  private(set) var sent = 0

  /// Becomes the only replay of the prefix; read the marks after this.
  init(_ broker: Broker) throws(CommandFailure) {
    self.broker = broker
    let isTransactional = broker.configuration.enricher.delivery == .exactlyOnce
    self.isTransactional = isTransactional
    let configuration = broker.configuration.kafka.producerConfiguration.over(Self.tuning)
    producer = try broker.attempt("connect") { () throws(KafkaError) in
      try KafkaProducer(
        configuration,
        clientID: broker.clientID,
        transactionalID: isTransactional ? Self.transactionalID(broker.configuration.topics.prefix) : nil,
        observer: broker.observer
      )
    }
    if isTransactional {
      try broker.attempt("begin a replay") { () throws(KafkaError) in
        try producer.initTransactions(timeout: .seconds(30))
      }
    }
  }

  /// The transactional identifier of all replays.
  static func transactionalID(_ prefix: String) -> String { "\(prefix)presence-worker-replay" }

  /// Sends a letter, with its value, back.
  func send(_ letter: Letter) throws(CommandFailure) {
    batch.append(letter)
    if batch.count >= Self.batch { try flush() }
  }

  /// Commits what was sent.
  func flush() throws(CommandFailure) {
    guard !batch.isEmpty else { return }
    if isTransactional { try attempt { () throws(KafkaError) in try producer.beginTransaction() } }
    for letter in batch { try produce(letter) }
    if !isTransactional { try settle() }
    for letter in batch { try mark(letter) }
    if isTransactional {
      try attempt { () throws(KafkaError) in try producer.commitTransaction(timeout: .seconds(30)) }
      producer.takeDeliveries { _ in }  // a commit succeeds only where all were written
    } else {
      try settle()
    }
    sent += batch.count
    batch.removeAll()
  }

  /// Frees the client; what was not flushed is not sent.
  func close() { producer.close() }

  private func produce(_ letter: Letter) throws(CommandFailure) {
    headers.removeAll()
    for header in letter.headers where !header.name.hasPrefix("dlq.") && header.name != ReplayHeader.count {
      append(header.name, header.value)
    }
    append(ReplayHeader.count, Array("\(letter.replays + 1)".utf8))
    let name = broker.topology.name(of: .deadLetters)
    append(ReplayHeader.origin, Array("\(name)/\(letter.id)".utf8))
    // The right partition follows from the key, not from where the record stood: that may have been what was wrong.
    let partition = letter.key == nil ? letter.partition ?? 0 : KafkaProducer.partitionByKey
    try enqueue(letter.topic, partition, key: letter.key, value: letter.value)
  }

  private func mark(_ letter: Letter) throws(CommandFailure) {
    headers.removeAll()
    append(ReplayHeader.mark, Array(letter.id.description.utf8))
    append(ReplayHeader.moment, Array(clock.wall.description.utf8))
    try enqueue(LogTopic.deadLetters.name, letter.id.partition, key: nil, value: nil)
  }

  private func append(_ name: String, _ value: [UInt8]?) {
    var name = name
    name.withUTF8 { name in
      let name = UnsafeRawBufferPointer(name)
      guard let value else { return headers.append(name: name, value: nil) }
      value.withUnsafeBytes { headers.append(name: name, value: $0) }
    }
  }

  private func enqueue(
    _ topic: String,
    _ partition: Int32,
    key: [UInt8]?,
    value: [UInt8]?
  ) throws(CommandFailure) {
    let target = try target(topic)
    while true {
      do throws(KafkaError) {
        return try Self.withBytes(key) { (key) throws(KafkaError) in
          try Self.withBytes(value) { (value) throws(KafkaError) -> Void in
            try producer.produce(target, partition: partition, key: key, value: value, headers: headers)
          }
        }
      } catch {
        guard error.code == .queueFull else { throw failure(error) }
      }
      try attempt { () throws(KafkaError) in try producer.poll(timeout: .milliseconds(50)) }
    }
  }

  private func target(_ topic: String) throws(CommandFailure) -> KafkaTopic {
    if let known = topics[topic] { return known }
    let name = broker.configuration.topics.prefix + topic
    let registered = try attempt { () throws(KafkaError) in try producer.topic(name) }
    topics[topic] = registered
    return registered
  }

  /// Waits until everything is written.
  private func settle() throws(CommandFailure) {
    try attempt { () throws(KafkaError) in try producer.flush(timeout: .seconds(30)) }
    var failed: KafkaError?
    producer.takeDeliveries { delivery in failed = failed ?? delivery.error }
    if let failed { throw failure(failed) }
  }

  private func attempt<Result>(_ body: () throws(KafkaError) -> Result) throws(CommandFailure) -> Result {
    do throws(KafkaError) {
      return try body()
    } catch {
      throw failure(error)
    }
  }

  private func failure(_ error: KafkaError) -> CommandFailure {
    if [.fenced, .producerFenced, .invalidProducerEpoch].contains(error.code) {
      return CommandFailure(
        .temporary,
        "another replay has begun meanwhile; \(sent) letters had gone back before",
        advice: "Let that one end. What was replayed is marked and will not be replayed twice."
      )
    }
    var failure = CommandFailure(error, doing: "replay", at: broker.address, complaint: broker.lastComplaint)
    failure.message += "; \(sent) letters had gone back before"
    return failure
  }

  private static func withBytes(
    _ bytes: [UInt8]?,
    _ body: (UnsafeRawBufferPointer?) throws(KafkaError) -> Void
  ) throws(KafkaError) {
    guard let bytes else { return try body(nil) }
    let result = bytes.withUnsafeBytes { bytes -> Result<Void, KafkaError> in
      do throws(KafkaError) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private static let tuning = [
    "linger.ms": "5", "message.max.bytes": String(Topology.inputBytes + Topology.deadLetterAllowance),
    "transaction.timeout.ms": "60000",
  ]
}
