// SPDX-License-Identifier: Apache-2.0

import Foundation
import PresenceEvents
import PresenceModel

/// Dead letters for people and for programs.
struct LetterReport {
  /// Whether names and texts are shown as they are.
  let reveals: Bool
  /// The letters that were replayed.
  let replayed: Set<LetterID>

  /// A table of letters, and below it how many there are of each code among `all`.
  func table(_ letters: [Letter], of all: [Letter], _ ink: Ink) -> [String] {
    guard !all.isEmpty else { return ["No dead letters."] }
    var table = TextTable(["letter", "failed at", "from", "key", "code", "message"])
    for letter in letters {
      table.add([
        letter.id.description, letter.failedAt?.description ?? "?", origin(letter), key(letter),
        letter.code + state(letter), DisplayText.cell(letter.message, width: 80),
      ])
    }
    let codes = Dictionary(grouping: all, by: \.code).mapValues(\.count).sorted {
      ($1.value, $0.key) < ($0.value, $1.key)
    }
    let shown = letters.count < all.count ? "the newest \(letters.count) of \(all.count)" : "\(all.count)"
    return table.lines(ink) + ["", "\(shown): " + codes.map { "\($0.key) \($0.value)" }.joined(separator: ", ")]
  }

  /// All of one letter.
  func lines(_ letter: Letter, _ ink: Ink) -> [String] {
    var lines: [String] = []
    func add(_ label: String, _ text: String) {
      lines.append(ink(DisplayText.padded(label, to: 10), .faint) + "  " + DisplayText.safe(text))
    }
    add("letter", letter.id.description)
    add("error", "\(letter.code): \(letter.message)")
    add("failed at", letter.failedAt?.description ?? "?")
    add("from", "\(origin(letter)), of \(letter.text("dlq.timestamp") ?? "?")")
    add("worker", letter.worker)
    add("key", key(letter))
    if replayed.contains(letter.id) { add("replayed", "yes: `dead-letters replay` leaves it alone") }
    if let origin = letter.replayedFrom { add("replay of", "\(origin), for the \(Self.ordinal(letter.replays)) time") }
    if letter.isTruncated { add("truncated", "the record was too large: what is missing is lost") }
    lines += ["", ink("headers", .faint)]
    for header in letter.headers where !header.name.hasPrefix("dlq.") {
      lines.append("  \(DisplayText.safe(header.name)): \(DisplayText.safe(self.text(of: header)))")
    }
    lines += ["", ink("value, \(letter.size) bytes", .faint)]
    lines += value(letter).map { "  " + $0 }
    return lines
  }

  /// One letter as a JSON object.
  func json(_ letter: Letter, isWhole: Bool = false) throws -> String {
    var document = Document(
      id: letter.id.description,
      failedAt: letter.failedAt?.description,
      topic: letter.topic,
      partition: letter.partition,
      offset: letter.offset,
      key: letter.key == nil ? nil : key(letter),
      code: letter.code,
      message: letter.message,
      worker: letter.worker,
      size: letter.size,
      truncated: letter.isTruncated,
      replayed: replayed.contains(letter.id),
      replays: letter.replays
    )
    if isWhole {
      document.headers = letter.headers.map { Document.Header(name: $0.name, value: text(of: $0)) }
      document.value = reveals ? Data(letter.value ?? []).base64EncodedString() : value(letter).joined(separator: "\n")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(document), as: UTF8.self)
  }

  // MARK: Parts

  private struct Document: Encodable {
    struct Header: Encodable {
      var name: String
      var value: String
    }

    var id: String
    var failedAt: String?
    var topic: String
    var partition: Int32?
    var offset: Int64?
    var key: String?
    var code: String
    var message: String
    var worker: String
    var size: Int
    var truncated: Bool
    var replayed: Bool
    var replays: Int
    var headers: [Header]?
    var value: String?
  }

  private func origin(_ letter: Letter) -> String {
    "\(letter.topic)[\(letter.partition.map { String($0) } ?? "?")]@\(letter.offset.map { String($0) } ?? "?")"
  }

  private func state(_ letter: Letter) -> String {
    if replayed.contains(letter.id) { return " (replayed)" }
    return letter.replays > 0 ? " (after a replay)" : ""
  }

  private func key(_ letter: Letter) -> String {
    guard let key = letter.key else { return "none" }
    return shown(String(decoding: key, as: UTF8.self))
  }

  private func shown(_ text: String) -> String {
    reveals ? DisplayText.safe(text) : MaskedJSON.masked(text)
  }

  /// Headers that say nothing of people are shown as they are.
  private func text(of header: Letter.Header) -> String {
    guard header.value != nil else { return "null" }
    let isHarmless =
      header.name.hasPrefix("dlq.") || header.name.hasPrefix("presence-")
      || ["ce_specversion", "ce_type", "ce_time", "content-type", "traceparent"].contains(header.name)
    return isHarmless ? header.text : shown(header.text)
  }

  private func value(_ letter: Letter) -> [String] {
    guard let value = letter.value else { return ["null"] }
    if reveals {
      return String(decoding: value, as: UTF8.self).split(separator: "\n").map { DisplayText.safe(String($0)) }
    }
    return MaskedJSON.lines(value) ?? ["no JSON; --reveal shows it as text, --raw writes its bytes"]
  }

  private static func ordinal(_ number: Int) -> String {
    switch number {
    case 1: "first"
    case 2: "second"
    case 3: "third"
    default: "\(number)th"
    }
  }
}
