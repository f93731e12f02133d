// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel
import Worker

/// A dead letter: the record that could not be processed, untouched, and what its headers say of the failure.
struct Letter: Sendable {
  /// A header as it stands; nil for a null value.
  struct Header: Sendable, Equatable {
    var name: String
    var value: [UInt8]?

    var text: String { String(decoding: value ?? [], as: UTF8.self) }
  }

  /// Where it stands.
  var id: LetterID
  /// The log's time of it.
  var writtenAt: Timestamp?
  var key: [UInt8]?
  /// The value; nil for a null one, and for one that was let go.
  var value: [UInt8]?
  /// How large the value is.
  var size: Int
  var headers: [Header]

  /// The code of what is wrong.
  var code: String { text("dlq.error.code") ?? "unknown" }
  /// What is wrong; personal data is masked in it.
  var message: String { text("dlq.error.message") ?? "" }
  /// The topic that it came from, without the prefix.
  var topic: String { text("dlq.topic") ?? "" }
  /// The partition that it came from.
  var partition: Int32? { text("dlq.partition").flatMap { Int32($0) } }
  /// Its offset there.
  var offset: Int64? { text("dlq.offset").flatMap { Int64($0) } }
  /// When it failed.
  var failedAt: Timestamp? {
    text("dlq.failed-at").flatMap { text in ByteView.withView(of: text) { Timestamp(rfc3339: $0) } } ?? writtenAt
  }
  /// The worker that could not process it.
  var worker: String { text("dlq.worker") ?? "" }
  /// Whether something of the record was too large to be kept.
  var isTruncated: Bool { text("dlq.truncated") == "1" }
  /// How often the record has been replayed before it failed this time.
  var replays: Int { text(ReplayHeader.count).flatMap { Int($0) } ?? 0 }
  /// The letter whose replay it is; nil for a record that comes from elsewhere.
  var replayedFrom: String? { text(ReplayHeader.origin) }

  /// The last header of that name, as the worker's own come last.
  func text(_ name: String) -> String? { headers.last { $0.name == name }?.text }

  /// The letter without its value, for lists.
  var withoutValue: Letter {
    var copy = self
    copy.value = nil
    return copy
  }
}

extension Letter {
  /// A record of the dead letters' topic, copied.
  init(_ record: TopicReader.Record) {
    var headers: [Header] = []
    record.forEachHeader { name, value in
      headers.append(Header(name: String(decoding: name, as: UTF8.self), value: value.map { Array($0) }))
    }
    self.init(
      id: LetterID(partition: record.partition, offset: record.offset),
      writtenAt: record.timestamp,
      key: record.key.map { Array($0) },
      value: record.value.map { Array($0) },
      size: record.value?.count ?? 0,
      headers: headers
    )
  }
}

/// The headers with which replays are remembered.
enum ReplayHeader {
  /// On a replayed record: how often it was replayed.
  static let count = "presence-replayed"
  /// On a replayed record: the letter that it comes from, as `topic/partition/offset`.
  static let origin = "dlq.replayed-from"
  /// On a mark in the dead letters' topic: the letter of the same partition that was replayed.
  static let mark = "dlq.replayed"
  /// On a mark: when.
  static let moment = "dlq.replayed-at"
}
