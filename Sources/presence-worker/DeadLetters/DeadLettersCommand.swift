// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `dead-letters`: what could not be processed.
struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "List, show, replay and purge the records that could not be processed.",
    discussion: """
      A record that cannot be processed never stops its partition: it goes to presence.dead-letters, its bytes \
      untouched, with an error that names field and value. There it waits 14 days for somebody to look.

      A letter is named by its partition and offset there, such as 3/17. On the way to a repair:
        presence-worker dead-letters list --code wrongPartition     what happens, and to how many
        presence-worker dead-letters show 3/17                      what exactly is wrong with one
        (mend the producer, or roll out the release that can read it)
        presence-worker dead-letters replay --code wrongPartition   send the bytes back to their topic, once
        presence-worker dead-letters purge --before 2026-11-01T00:00:00Z

      What people wrote is masked unless --reveal is given.
      """,
    subcommands: [
      DeadLettersListCommand.self, DeadLettersShowCommand.self, DeadLettersReplayCommand.self,
      DeadLettersPurgeCommand.self,
    ]
  )
}
