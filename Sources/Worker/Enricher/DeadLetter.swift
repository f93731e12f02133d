// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// Why a record cannot be processed: the code and the sentence of its dead letter.
struct DeadLetterReason {
  /// A code from a closed list: those of `DecodingFailure`, and those below.
  var code: String
  /// What is wrong: names the field and the offending value, with personal data masked.
  var message: String

  static let invalidKey = DeadLetterReason(
    code: "invalidKey",
    message: "The key is not a user's name: 1 to 256 bytes of UTF-8 without controls."
  )
  static let outputTooLarge = DeadLetterReason(
    code: "outputTooLarge",
    message: "What the record would cause is larger than its topic takes."
  )

  static func keyMismatch(_ field: StaticString, _ user: ByteView, key: ByteView) -> DeadLetterReason {
    DeadLetterReason(
      code: "keyMismatch",
      message: "\(field) \(DecodingFailure.masked(user)) is not the record's key \(DecodingFailure.masked(key))."
    )
  }

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
  /// How much of a record its dead letter keeps; the first form that is small enough counts.
  enum Form: CaseIterable {
    /// Everything.
    case whole
    /// Its key and headers.
    case withoutValue
    /// Nothing but where it stood.
    case placeAlone

    var hasValue: Bool { self == .whole }
    var hasKeyAndHeaders: Bool { self != .placeAlone }
  }

  /// The headers of a dead letter: those of the record, unless its form has none of them, and those of its failure.
  static func headers<Record: LogRecord>(
    of record: Record,
    reason: DeadLetterReason,
    now: Timestamp,
    worker: ByteView,
    form: Form
  ) -> OwnedHeaders {
    var headers = OwnedHeaders()
    if form.hasKeyAndHeaders { record.forEachHeader { name, value in headers.append(name, value) } }
    headers.append("dlq.error.code", reason.code)
    headers.append("dlq.error.message", reason.message)
    headers.append("dlq.topic", record.partition.topic.name)
    headers.append("dlq.partition", String(record.partition.partition))
    headers.append("dlq.offset", String(record.offset))
    headers.append("dlq.timestamp", record.timestamp.description)
    headers.append("dlq.failed-at", now.description)
    headers.append(ByteView("dlq.worker"), worker)
    if !form.hasValue { headers.append("dlq.truncated", "1") }
    return headers
  }
}
