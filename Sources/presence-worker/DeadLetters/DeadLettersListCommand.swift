// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceModel
import Worker

/// `dead-letters list`: which letters are there?
struct DeadLettersListCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List dead letters, the newest last.",
    discussion: """
      Examples:
        presence-worker dead-letters list
        presence-worker dead-letters list --topic contact.requests --since 2026-11-22T08:00:00Z
        presence-worker dead-letters list --text gateway-7 --json | jq .code

      Exit status: 0 also where there is none; 69 where the broker does not answer.
      """
  )

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup(title: "Which letters") var filter: LetterFilter

  @Option(help: "At most so many: the newest.")
  var limit = 100

  @Flag(help: "Show keys as they are, and not masked.")
  var reveal = false

  @Flag(help: "One JSON object a line.")
  var json = false

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    let findings = try LetterArchive(broker: broker).find(filter)
    let newest = findings.letters.sorted { ($0.failedAt?.milliseconds ?? 0) < ($1.failedAt?.milliseconds ?? 0) }
      .suffix(limit)
    let report = LetterReport(reveals: reveal, replayed: findings.replayed)
    if json {
      for letter in newest { Terminal.writeLine(try report.json(letter)) }
      return
    }
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    for line in report.table(Array(newest), of: findings.letters, ink) { Terminal.writeLine(line) }
  }
}
