// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line: what a person types, what it prints, and with which status it ends.
@main
struct PresenceWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presence-worker",
    abstract: "Who is present, and how to reach them: presence and contact as streams of events over Kafka.",
    discussion: """
      Changes of presence and requests to contact somebody come in on topics; snapshots of everybody's presence, mails \
      to send and chats to start go out on others.

      Try it:
        presence-worker demo                   a small office on its own broker
      On a broker of yours:
        presence-worker config check           what is in effect, what is wrong
        presence-worker topics create          make the topics that are missing
        presence-worker run                    do the work
        presence-worker send change jane busy  say something
        presence-worker watch                  see what comes out
        presence-worker state jane             what is known of one person
        presence-worker lookup jane@corp       which agent answers, and what
        presence-worker agents                 who claims what, in which order
        presence-worker dead-letters list      what could not be processed, and why

      Every command reads the same configuration: a file (--config or PRESENCE_CONFIG), the environment (PRESENCE_…) \
      and options, the latter winning. `presence-worker config check --keys` lists all keys.

      Exit status: 0 success, 64 wrong usage, 65 bad data, 69 a service is unavailable, 75 try again later, 78 the \
      configuration is wrong.
      """,
    version: WorkerVersion.current,
    subcommands: [
      DemoCommand.self,
      RunCommand.self, ConfigCommand.self, TopicsCommand.self, SendCommand.self, WatchCommand.self, StateCommand.self,
      LookupCommand.self, AgentsCommand.self, DeadLettersCommand.self, HealthCommand.self,
    ]
  )

  static func main() async {
    await CommandRunner.run(PresenceWorker.self)
  }
}
