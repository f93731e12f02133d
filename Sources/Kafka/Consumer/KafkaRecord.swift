// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// A consumed record, borrowed from librdkafka for the length of one visit.
///
/// Nothing is copied: key, value and headers point into the fetched batch. They are valid until the visitor returns, so
/// whatever outlives the visit must be copied; reading a few bytes past the end (as padded parsers do) is not allowed.
public struct KafkaRecord {
  /// The topic, as the consumer numbers it.
  public let topic: KafkaTopic

  /// The partition.
  public let partition: Int32

  /// The offset.
  public let offset: Int64

  /// The record's time in milliseconds since 1970, or -1 where it has none.
  public let timestamp: Int64

  /// The key; nil for a null key, an empty buffer for an empty one.
  public let key: UnsafeRawBufferPointer?

  /// The value; nil for a tombstone, an empty buffer for an empty value.
  public let value: UnsafeRawBufferPointer?

  private let message: UnsafeMutablePointer<rd_kafka_message_t>

  init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
    self.message = message
    topic = KafkaTopic(index: crdk_topic_index(message.pointee.rkt))
    partition = message.pointee.partition
    offset = message.pointee.offset
    timestamp = rd_kafka_message_timestamp(message, nil)
    key = message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) }
    value = message.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.len) }
  }

  /// The value of the last header of that name; nil where there is none, an empty buffer without an address for a
  /// header whose value is null.
  ///
  /// The first look at a record's headers parses them all; a record whose headers nobody asks for costs nothing.
  public borrowing func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
    guard let headers = headerList else { return nil }
    var value: UnsafeRawPointer?
    var size = 0
    return name.withUTF8Buffer { name in
      name.withMemoryRebound(to: CChar.self) { name in
        // A static string's bytes end with a zero.
        rd_kafka_header_get_last(headers, name.baseAddress!, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
          ? UnsafeRawBufferPointer(start: value, count: size) : nil
      }
    }
  }

  /// The number of headers.
  public var headerCount: Int {
    headerList.map { rd_kafka_header_cnt($0) } ?? 0
  }

  /// Calls the body with each header's name (without the final zero) and value (nil where it is null), in order.
  public borrowing func forEachHeader(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Void) {
    guard let headers = headerList else { return }
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    var index = 0
    while rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name {
      var length = 0
      while name[length] != 0 { length += 1 }
      let value = value.map { UnsafeRawBufferPointer(start: $0, count: size) }
      body(UnsafeRawBufferPointer(start: name, count: length), value)
      index += 1
    }
  }

  private var headerList: OpaquePointer? {
    var headers: OpaquePointer?
    return rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR ? headers : nil
  }
}
