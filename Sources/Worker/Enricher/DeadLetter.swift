// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Why a record cannot be processed: the code and the sentence of its dead letter.
struct DeadLetterReason {
  /// A code from a closed list: those of `DecodingFailure`, and those below.
  var code: String
  /// What is wrong: names the field and the offending value, with personal data masked.
  var message: String

  static let keyMismatch = DeadLetterReason(
    code: "keyMismatch",
    message: "The key is not the user that the value names."
  )
  static let invalidKey = DeadLetterReason(
    code: "invalidKey",
    message: "The key is not a user's name: 1 to 256 bytes of UTF-8 without controls."
  )
  static let outputTooLarge = DeadLetterReason(
    code: "outputTooLarge",
    message: "What the record would cause is larger than its topic takes."
  )

  static func wrongPartition(is actual: Int32, shouldBe expected: Int32) -> DeadLetterReason {
    DeadLetterReason(
      code: "wrongPartition",
      message:
        "The record is in partition \(actual), its key belongs to \(expected): the producer must partition as Java's "
        + "client does (in librdkafka: partitioner=murmur2_random)."
    )
  }

  static func clockAhead(_ observedAt: Timestamp) -> DeadLetterReason {
    DeadLetterReason(
      code: "invalidValue",
      message: "observedAt \"\(observedAt)\" is further in the future than any clock is wrong."
    )
  }
}

/// Makes dead letters: the record untouched, and headers that say where it stood and why it could not be processed.
enum DeadLetter {
  /// The headers of a dead letter.
  ///
  /// - Parameter original: whether the record's own headers are kept, which they are unless that makes it too large.
  static func headers<Record: LogRecord>(
    of record: Record,
    reason: DeadLetterReason,
    now: Timestamp,
    worker: ByteView,
    original: Bool,
    truncated: Bool
  ) -> OwnedHeaders {
    var headers = OwnedHeaders()
    if original { record.forEachHeader { name, value in headers.append(name, value) } }
    headers.append("dlq.error.code", reason.code)
    headers.append("dlq.error.message", reason.message)
    headers.append("dlq.topic", record.partition.topic.name)
    headers.append("dlq.partition", String(record.partition.partition))
    headers.append("dlq.offset", String(record.offset))
    headers.append("dlq.timestamp", record.timestamp.description)
    headers.append("dlq.failed-at", now.description)
    headers.append(ByteView("dlq.worker"), worker)
    if truncated { headers.append("dlq.truncated", "1") }
    return headers
  }
}
