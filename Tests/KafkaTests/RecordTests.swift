// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@Suite("Records", .ownThreads())
struct RecordTests {
  @Test("arrive as they were produced: headers, null and empty keys, tombstones, empty values, timestamps")
  func roundTrip() throws {
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    var headers = KafkaHeaders()
    headers.append("kind", "static")
    try bytes("v1") { (value) throws(KafkaError) in
      headers.append("copied", value)
      headers.append("empty", UnsafeRawBufferPointer(start: nil, count: 0))
      headers.append("null", nil as UnsafeRawBufferPointer?)
      headers.append("kind", value)
      try producer.produce(out, partition: 0, key: value, value: value, headers: headers, timestamp: 1_700_000_000_123)
    }
    try producer.produce(out, "no key", key: nil)
    try producer.produce(out, nil, key: "gone")
    try producer.produce(out, "", key: "")
    try producer.flush(timeout: Fixture.patience)

    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { $0.records.count == 4 }

    let first = seen.records[0]
    #expect(first.topic == (try reader.topic(topic)))
    #expect(reader.name(of: first.topic) == topic)
    #expect(first.timestamp == 1_700_000_000_123)
    #expect(
      first.headers == [
        .init(name: "kind", value: "static"), .init(name: "copied", value: "v1"), .init(name: "empty", value: ""),
        .init(name: "null", value: nil), .init(name: "kind", value: "v1"),
      ]
    )
    #expect(seen.records.map(\.key) == ["v1", nil, "gone", ""])
    #expect(seen.records.map(\.value) == ["v1", "no key", nil, ""])
    #expect(seen.records.map(\.offset) == [0, 1, 2, 3])
    #expect(seen.records.dropFirst().allSatisfy { $0.headers.isEmpty })
  }

  @Test("tell their headers by name: the last one wins, absent and null are told apart")
  func headersByName() throws {
    struct ByName: KafkaRecordVisitor {
      var found: [String: String] = [:]
      var nullIsPresent = false
      var absentIsAbsent = false
      var count = 0
      mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
        found["id"] = record.header("id").map(text)
        nullIsPresent = record.header("null").map { $0.baseAddress == nil && $0.isEmpty } ?? false
        absentIsAbsent = record.header("absent") == nil
        count = record.headerCount
        return .stop
      }
      mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {}
      mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {}
    }
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    var headers = KafkaHeaders()
    headers.append("id", "first")
    headers.append("id", "last")
    headers.append("null", nil as UnsafeRawBufferPointer?)
    try producer.produce(try producer.topic(topic), partition: 0, key: nil, value: nil, headers: headers)
    try producer.flush(timeout: Fixture.patience)

    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var visitor = ByName()
    while visitor.count == 0 { _ = try reader.poll(timeout: .seconds(1), limit: 1, into: &visitor) }
    #expect(visitor.found == ["id": "last"])
    #expect(visitor.nullIsPresent)
    #expect(visitor.absentIsAbsent)
    #expect(visitor.count == 3)
  }

  @Test("keep their headers when these outgrow the buffer, and when the list is cut and used again")
  func headerBuffer() throws {
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    var headers = KafkaHeaders()
    headers.append("constant", "c")
    try bytes("kept") { headers.append("kept", $0) }
    for round in 0..<3 {
      headers.truncate(to: 2)
      for index in 0..<40 {
        try bytes(String(repeating: "\(round)", count: 100 + index)) { headers.append("h", $0) }
      }
      try producer.produce(out, partition: 0, key: nil, value: nil, headers: headers)
    }
    headers.removeAll()
    try producer.produce(out, partition: 0, key: nil, value: nil, headers: headers)
    try producer.flush(timeout: Fixture.patience)

    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(topic, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { $0.records.count == 4 }
    for round in 0..<3 {
      let expected =
        [Collector.Header(name: "constant", value: "c"), Collector.Header(name: "kept", value: "kept")]
        + (0..<40).map { Collector.Header(name: "h", value: String(repeating: "\(round)", count: 100 + $0)) }
      #expect(seen.records[round].headers == expected)
    }
    #expect(seen.records[3].headers.isEmpty)
  }

  @Test("pass their headers on untouched")
  func forwardedHeaders() throws {
    struct Forwarder: KafkaRecordVisitor {
      let producer: KafkaProducer
      let out: KafkaTopic
      var failure: KafkaError?
      var count = 0
      mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
        var headers = KafkaHeaders()
        headers.append(contentsOf: record)
        count += 1
        do throws(KafkaError) {
          try producer.produce(out, partition: 0, key: record.key, value: record.value, headers: headers)
        } catch {
          failure = error
        }
        return .next
      }
      mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {}
      mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {}
    }
    let source = try Fixture.topic("forwardedFrom")
    let target = try Fixture.topic("forwardedTo")
    let producer = try Fixture.producer()
    var headers = KafkaHeaders()
    headers.append("a", "1")
    headers.append("b", nil as UnsafeRawBufferPointer?)
    headers.append("a", "2")
    try producer.produce(try producer.topic(source), partition: 0, key: nil, value: nil, headers: headers)
    try producer.flush(timeout: Fixture.patience)

    let reader = try Fixture.reader()
    try reader.assign([KafkaPosition(source, 0, 0)])
    var forwarder = Forwarder(producer: producer, out: try producer.topic(target))
    while forwarder.count == 0 { _ = try reader.poll(timeout: .seconds(1), limit: 1, into: &forwarder) }
    #expect(forwarder.failure == nil)
    try producer.flush(timeout: Fixture.patience)

    try reader.assign([KafkaPosition(target, 0, 0)])
    var seen = Collector()
    try reader.poll(into: &seen) { $0.records.count == 1 }
    #expect(
      seen.records[0].headers == [
        .init(name: "a", value: "1"), .init(name: "b", value: nil), .init(name: "a", value: "2"),
      ]
    )
  }
}
