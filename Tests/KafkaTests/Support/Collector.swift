// SPDX-License-Identifier: Apache-2.0

import Kafka
import Testing

/// A visitor that keeps what it sees.
struct Collector: KafkaRecordVisitor {
  /// A record, copied.
  struct Received: Equatable {
    var topic: KafkaTopic
    var partition: Int32
    var offset: Int64
    var timestamp: Int64
    var key: String?
    var value: String?
    var headers: [Header]
  }

  struct Header: Equatable {
    var name: String
    var value: String?
  }

  struct End: Equatable, Hashable {
    var topic: KafkaTopic
    var partition: Int32
    var offset: Int64
  }

  var records: [Received] = []
  var ends: [End] = []
  var errors: [KafkaError] = []
  var stopAfter: Int?

  mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
    var headers: [Header] = []
    record.forEachHeader { headers.append(Header(name: text($0), value: $1.map(text))) }
    records.append(
      Received(
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.map(text),
        value: record.value.map(text),
        headers: headers
      )
    )
    return records.count == stopAfter ? .stop : .next
  }

  mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {
    ends.append(End(topic: topic, partition: partition, offset: offset))
  }

  mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
    errors.append(error)
  }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String {
  String(decoding: bytes, as: UTF8.self)
}

/// The bytes of a text, for the length of a call.
func bytes<Result>(
  _ text: String?,
  _ body: (UnsafeRawBufferPointer?) throws(KafkaError) -> Result
) throws(KafkaError) -> Result {
  guard let text else { return try body(nil) }
  let array = Array(text.utf8)
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: array.count, alignment: 1)
  defer { buffer.deallocate() }
  buffer.copyBytes(from: array)
  return try body(UnsafeRawBufferPointer(buffer))
}
