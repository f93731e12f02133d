// SPDX-License-Identifier: Apache-2.0

import Foundation
import PresenceEvents
import PresenceModel

/// JSON with its form kept and its texts masked, so that one sees what is wrong and not whom it is about.
enum MaskedJSON {
  /// The fields whose values come from closed lists or are times, and say nothing of people.
  private static let harmless: Set<String> = [
    "state", "channel", "observedAt", "requestedAt", "updatedAt", "service", "services", "mailCredentials",
    "mailClient", "code", "reason", "deadline", "notOlderThan", "specversion", "type", "time", "datacontenttype",
  ]

  /// The first letter of a text.
  static func masked(_ text: String) -> String {
    ByteView.withView(of: text) { String(DecodingFailure.masked($0).dropFirst().dropLast()) }
  }

  /// The lines of a JSON document; nil for what is none.
  static func lines(_ bytes: [UInt8]) -> [String]? {
    guard
      // What does not parse is no JSON, and the caller says so.
      let document = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed),
      let text = try? JSONSerialization.data(
        withJSONObject: [masking(document, field: "")],
        options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      )
    else { return nil }
    // Without the array around it, which is there because a fragment cannot be written alone.
    return String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst().dropLast().map { line in
      String(line.hasPrefix("  ") ? line.dropFirst(2) : line)
    }
  }

  private static func masking(_ value: Any, field: String) -> Any {
    switch value {
    case let object as [String: Any]:
      return Dictionary(uniqueKeysWithValues: object.map { ($0.key, masking($0.value, field: $0.key)) })
    case let array as [Any]:
      return array.map { masking($0, field: field) }
    case let text as String:
      return harmless.contains(field) ? text : masked(text)
    default:
      return value
    }
  }
}
