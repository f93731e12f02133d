// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceModel
import Worker

/// `dead-letters replay`: back to where they came from.
struct DeadLettersReplayCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Send dead letters back to their topics, each once.",
    discussion: """
      Key, value and headers go back as they came, to the partition that the key belongs to, with two headers more: \
      presence-replayed counts the replays, dlq.replayed-from names the letter. In the same transaction a mark is \
      written beside the letter, so that no letter goes back twice, whoever runs this command how often, even at once.

      A record that fails again becomes a new dead letter, which keeps those headers; it is left alone from then on \
      unless --again is given. So a replay cannot go round in circles.

      Examples:
        presence-worker dead-letters replay 3/17 3/18
        presence-worker dead-letters replay --code wrongPartition --dry-run
        presence-worker dead-letters replay --all --yes

      Exit status: 0 also where there is nothing to replay; 75 where another replay has taken over.
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: ArgumentHelp("Partition and offset among the dead letters.", valueName: "partition/offset"))
  var ids: [LetterID] = []

  @OptionGroup(title: "Which letters") var filter: LetterFilter

  @Flag(help: "All letters.")
  var all = false

  @Option(help: "At most so many: the oldest.")
  var limit: Int?

  @Flag(help: "Also letters that have failed after a replay.")
  var again = false

  @Flag(help: "Say what would be sent, and send nothing.")
  var dryRun = false

  @Flag(help: "Do not ask.")
  var yes = false

  func validate() throws {
    if ids.isEmpty, filter.isEmpty, !all { throw ValidationError("Which letters? Name some, give a filter, or --all.") }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    let archive = LetterArchive(broker: broker)
    if dryRun {
      let plan = try plan(archive)
      Terminal.writeLine(plan.letters.isEmpty ? "Nothing to replay." : "Would replay \(plan.summary):")
      for letter in plan.letters { Terminal.writeLine("  \(letter.id)  \(letter.topic)  \(letter.code)") }
      for line in plan.objections { Terminal.writeLine(line) }
      return
    }
    let replay = try LetterReplay(broker)
    defer { replay.close() }
    let plan = try plan(archive)
    for line in plan.objections { Terminal.writeLine(line) }
    guard !plan.letters.isEmpty else {
      Terminal.writeLine("Nothing to replay.")
      return
    }
    try Confirmation.ask("Replay \(plan.letters.count) dead letters (\(plan.summary))?", isGiven: yes)
    var failure: CommandFailure?
    try archive.read(plan.letters.map(\.id)) { letter in
      guard failure == nil else { return }
      do throws(CommandFailure) {
        try replay.send(letter)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    try replay.flush()
    Terminal.writeLine("Replayed \(replay.sent) dead letters: \(plan.summary).")
  }

  private func plan(_ archive: LetterArchive) throws(CommandFailure) -> ReplayPlan {
    var plan = ReplayPlan(try archive.find(filter, ids: ids), again: again)
    if let limit, plan.letters.count > limit {
      let oldestFirst = plan.letters.sorted { ($0.failedAt?.milliseconds ?? 0) < ($1.failedAt?.milliseconds ?? 0) }
      plan.letters = Array(oldestFirst.prefix(limit))
    }
    return plan
  }
}
