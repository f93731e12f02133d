// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A Kafka client that is not ours: confluent-kafka in `Tests/Support/kafka_client.py`, which reads committed records of
/// all topics and writes what a test sends.
actor KafkaClient {
  /// A header of a record.
  struct Header: Equatable, Sendable {
    var name: String
    var value: [UInt8]?

    init(_ name: String, _ value: [UInt8]?) {
      self.name = name
      self.value = value
    }

    init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }
  }

  /// A record as the client has read it.
  struct Record: Sendable {
    var topic: String
    var partition: Int32
    var offset: Int64
    var timestamp: Int64
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header]

    var user: String { String(decoding: key ?? [], as: UTF8.self) }

    /// The text of a header; nil where there is none.
    func header(_ name: String) -> String? {
      headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The fields of a JSON value; none where it is no object.
    var event: [String: Any] {
      guard let value else { return [:] }
      return (try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any]) ?? [:]
    }

    func text(_ field: String) -> String? { event[field] as? String }
  }

  /// How the client chooses a partition.
  enum Partitioner: String, Sendable {
    /// As Java's clients do.
    case java = "murmur2_random"
    /// As librdkafka does unless told otherwise: CRC32.
    case ownDefault = "default"
  }

  /// Where a record was written to.
  struct Place: Equatable, Sendable {
    var partition: Int32
    var offset: Int64
  }

  static let topics = [
    "presence.changes", "contact.requests", "user.profiles", "presence.lookups", "presence.snapshots",
    "mail.dispatches", "im.dispatches", "contact.outcomes", "presence.dead-letters",
  ]

  /// What is missing on this machine for such a client; nil where nothing is.
  static let missing: String? =
    Python.has("confluent_kafka") ? nil : "the Python package confluent-kafka is not installed"

  /// Everything that was read so far, each partition in its order.
  private(set) var records: [Record] = []
  private let process: ChildProcess
  private var lastToken = 0

  init(bootstrapServers: String, prefix: String = "") async throws {
    process = try ChildProcess(Python.command("kafka_client.py", [bootstrapServers] + Self.topics.map { prefix + $0 }))
    _ = try await answer { $0["ready"] as? Bool }
  }

  /// Writes a record and waits for its acknowledgement.
  @discardableResult
  func produce(
    _ topic: String,
    key: [UInt8]?,
    value: [UInt8]?,
    headers: [Header] = [],
    partition: Int32? = nil,
    timestamp: Int64 = 0,
    partitioner: Partitioner = .java
  ) async throws -> Place {
    lastToken += 1
    let token = lastToken
    func encoded(_ bytes: [UInt8]?) -> Any { bytes.map { Data($0).base64EncodedString() } ?? NSNull() }
    try send([
      "produce": topic, "token": token, "partitioner": partitioner.rawValue, "partition": partition ?? NSNull(),
      "timestamp": timestamp, "key": encoded(key), "value": encoded(value),
      "headers": headers.map { [$0.name, encoded($0.value)] },
    ])
    let answer = try await answer { $0["produced"] as? Int == token ? $0 : nil }
    guard let partition = answer["partition"] as? Int, let offset = answer["offset"] as? Int else {
      throw ChildProcess.Failure("\(topic) does not take the record: \(answer["error"] ?? answer)")
    }
    return Place(partition: Int32(partition), offset: Int64(offset))
  }

  /// Writes a bare event of this JSON under a user's key.
  @discardableResult
  func send(_ topic: String, user: String, _ json: String, headers: [Header] = []) async throws -> Place {
    try await produce(topic, key: Array(user.utf8), value: Array(json.utf8), headers: headers)
  }

  /// The first record of a topic that fits, among those that were read or will be.
  func first(of topic: String, where fits: (Record) -> Bool) async throws -> Record {
    if let known = records.first(where: { $0.topic == topic && fits($0) }) { return known }
    while true {
      if let record = try await readLine(), record.topic == topic, fits(record) { return record }
    }
  }

  /// The first record of a topic under a user's key that fits.
  func first(of topic: String, user: String, where fits: (Record) -> Bool = { _ in true }) async throws -> Record {
    try await first(of: topic) { $0.user == user && fits($0) }
  }

  /// Everything that the topic has at this moment.
  func all(of topic: String, where fits: (Record) -> Bool = { _ in true }) async throws -> [Record] {
    lastToken += 1
    let token = lastToken
    try send(["sync": token, "topic": topic])
    _ = try await answer { $0["synced"] as? Int == token ? true : nil }
    return records.filter { $0.topic == topic && fits($0) }
  }

  func close() async throws { try await process.stop() }

  // MARK: Lines

  private func send(_ command: [String: Any]) throws {
    try process.send(String(decoding: try JSONSerialization.data(withJSONObject: command), as: UTF8.self))
  }

  /// Reads on to the answer that `find` recognises; keeps the records that come before it.
  private func answer<Answer>(_ find: ([String: Any]) -> Answer?) async throws -> Answer {
    while true {
      let fields = try await readFields()
      if let answer = find(fields) { return answer }
      _ = try keep(fields)
    }
  }

  private func readLine() async throws -> Record? { try keep(try await readFields()) }

  private func readFields() async throws -> [String: Any] {
    let line = try await process.line()
    guard let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
      throw ChildProcess.Failure("kafka_client.py says \(line)")
    }
    return fields
  }

  private func keep(_ fields: [String: Any]) throws -> Record? {
    if let error = fields["error"] { throw ChildProcess.Failure("the client failed: \(error)") }
    guard let topic = fields["topic"] as? String, let partition = fields["partition"] as? Int,
      let offset = fields["offset"] as? Int, let timestamp = fields["timestamp"] as? Int
    else { return nil }
    func decoded(_ text: Any?) -> [UInt8]? {
      (text as? String).flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }
    let headers = fields["headers"] as? [[Any]] ?? []
    let record = Record(
      topic: topic,
      partition: Int32(partition),
      offset: Int64(offset),
      timestamp: Int64(timestamp),
      key: decoded(fields["key"]),
      value: decoded(fields["value"]),
      headers: headers.map { Header($0[0] as? String ?? "", decoded($0[1])) }
    )
    records.append(record)
    return record
  }
}
