// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Worker

/// What stands in the topic of dead letters: letters, and the marks of those that were replayed.
///
/// A mark is a record of the same partition without key and value, whose header names the letter. It is written in the
/// transaction that replays the letter, stands behind it, and so outlives it.
struct LetterArchive {
  /// A record of the topic.
  enum Entry {
    case letter(Letter)
    case mark(of: LetterID, at: LetterID, writtenAt: Timestamp?)
  }

  /// What a filter finds.
  struct Findings: Sendable {
    /// The letters in the order of partitions and offsets, without their values.
    var letters: [Letter] = []
    /// The letters of the read part that were replayed.
    var replayed: Set<LetterID> = []
  }

  let broker: Broker

  /// Reads a part of the topic, whatever was committed when the end was reached.
  func scan(_ start: TopicReader.Start, partition: Int32? = nil, _ body: (Entry) -> Void) throws(CommandFailure) {
    let reader = try TopicReader(broker, [.deadLetters: start], partition: partition)
    let progress = ProgressLine("dead letters read")
    try reader.readToEnd { record in
      progress.advance()
      let letter = Letter(record)
      if let origin = letter.text(ReplayHeader.mark), let number = Int64(origin.split(separator: "/").last ?? "") {
        body(
          .mark(
            of: LetterID(partition: record.partition, offset: number),
            at: letter.id,
            writtenAt: record.timestamp
          )
        )
      } else {
        body(.letter(letter))
      }
    }
    progress.end()
    try reader.close()
  }

  /// The letters that a filter means and, where `ids` are given, that are among them.
  func find(_ filter: LetterFilter, ids: [LetterID] = []) throws(CommandFailure) -> Findings {
    var findings = Findings()
    let wanted = Set(ids)
    let prefix = broker.configuration.topics.prefix
    try scan(filter.start, partition: filter.partition) { entry in
      switch entry {
      case .mark(let id, _, _): findings.replayed.insert(id)
      case .letter(let letter):
        guard wanted.isEmpty || wanted.contains(letter.id), filter.matches(letter, prefix: prefix) else { return }
        findings.letters.append(letter.withoutValue)
      }
    }
    findings.letters.sort { $0.id < $1.id }
    let missing = wanted.subtracting(findings.letters.map(\.id)).sorted()
    guard missing.isEmpty else {
      throw CommandFailure(
        .data,
        "no such dead letter: \(missing.map(\.description).joined(separator: ", "))",
        advice: "It may be older than the topic keeps (14 d); `presence-worker dead-letters list` shows what is there."
      )
    }
    return findings
  }

  /// Hands over these letters with their values, partition by partition in the order of their offsets.
  func read(_ ids: [LetterID], _ body: (Letter) -> Void) throws(CommandFailure) {
    let wanted = Set(ids)
    var starts: [Int32: Int64] = [:]
    for id in ids { starts[id.partition] = min(starts[id.partition] ?? .max, id.offset) }
    guard !starts.isEmpty else { return }
    try scan(.at(starts)) { entry in
      if case .letter(let letter) = entry, wanted.contains(letter.id) { body(letter) }
    }
  }
}
