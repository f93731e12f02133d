// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Worker

/// A record as one line of JSON, for `jq` and its like.
enum RecordJSON {
  /// `{"topic":…,"partition":…,"offset":…,"time":…,"key":…,"value":…}`.
  ///
  /// The value is the record's own JSON as it stands, so that its numbers and the order of its fields are kept; the
  /// decoders have read it before, which makes it one JSON document. A tombstone's value is null.
  static func line(_ record: TopicReader.Record) -> String {
    var text = "{\"topic\":\(quoted(record.topic.name)),\"partition\":\(record.partition),\"offset\":\(record.offset)"
    if let timestamp = record.timestamp { text += ",\"time\":\"\(timestamp)\"" }
    text += ",\"key\":\(record.key.map { quoted(ByteView($0).string) } ?? "null")"
    // White space between tokens may hold line ends; inside of strings JSON has none.
    let value = record.value.map { ByteView($0).string.replacing("\n", with: " ").replacing("\r", with: " ") }
    return text + ",\"value\":\(value ?? "null")}"
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
