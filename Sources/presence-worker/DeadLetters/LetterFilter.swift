// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceModel
import Worker

/// Which dead letters are meant; what is not given does not matter.
struct LetterFilter: ParsableArguments {
  @Option(name: .customLong("topic"), parsing: .singleValue, help: "Of records of this topic; may be repeated.")
  var topics: [String] = []

  @Option(help: "In this partition.")
  var partition: Int32?

  @Option(name: .customLong("code"), parsing: .singleValue, help: "With this error code; may be repeated.")
  var codes: [String] = []

  @Option(
    name: [.customLong("key"), .customLong("user")],
    parsing: .singleValue,
    help: "With this key, which is the user's name; may be repeated."
  )
  var keys: [String] = []

  @Option(help: ArgumentHelp("Failed at that time or later.", valueName: "time"))
  var since: Moment?

  @Option(help: ArgumentHelp("Failed before that time.", valueName: "time"))
  var until: Moment?

  @Option(name: .customLong("from-offset"), help: ArgumentHelp("At that offset or behind it.", valueName: "offset"))
  var firstOffset: Int64?

  @Option(help: "With this text in the error's message or in the value.")
  var text: String?

  /// Whether anything is given at all.
  var isEmpty: Bool {
    topics.isEmpty && partition == nil && codes.isEmpty && keys.isEmpty && since == nil && until == nil
      && firstOffset == nil && text == nil
  }

  /// Where to begin to read; marks stand behind their letters, so that none is missed.
  var start: TopicReader.Start { since.map { .since($0.timestamp) } ?? .beginning }

  /// Whether the letter, with its value, is meant.
  func matches(_ letter: Letter, prefix: String) -> Bool {
    if !topics.isEmpty, !topics.contains(letter.topic), !topics.contains(prefix + letter.topic) { return false }
    if let partition, letter.id.partition != partition { return false }
    if !codes.isEmpty, !codes.contains(letter.code) { return false }
    if !keys.isEmpty {
      guard let key = letter.key, keys.contains(where: { Array($0.utf8) == key }) else { return false }
    }
    if let firstOffset, letter.id.offset < firstOffset { return false }
    if since != nil || until != nil {
      guard let failedAt = letter.failedAt else { return false }
      if let since, failedAt < since.timestamp { return false }
      if let until, failedAt >= until.timestamp { return false }
    }
    guard let text else { return true }
    return letter.message.contains(text) || String(decoding: letter.value ?? [], as: UTF8.self).contains(text)
  }
}
