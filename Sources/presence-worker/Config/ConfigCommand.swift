// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Worker

/// `config`: what is configured.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Look at the configuration.",
    subcommands: [ConfigCheckCommand.self, ConfigMetricsCommand.self]
  )
}

/// `config check`: is the configuration right, and what is in effect?
struct ConfigCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read the whole configuration and say what is wrong, or what is in effect and from where.",
    discussion: """
      Needs no broker. Everything that is wrong is reported at once, each with its key, the value, where it stands, \
      and what would be right. Secrets are never shown.

      Examples:
        presence-worker config check --config worker.yaml
        PRESENCE_ENRICHER_LANES=4 presence-worker config check
        presence-worker config check --keys > docs/CONFIGURATION.md
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "List all keys with meaning, type, range, default and environment variable, as Markdown.")
  var keys = false

  @Flag(help: "Show the values that are defaults, too.")
  var all = false

  func run() async throws {
    if keys {
      Terminal.write(ConfigurationReference.markdown())
      return
    }
    let loaded = try options.load()
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    for line in ConfigurationReport(loaded, showsDefaults: all).lines(ink) { Terminal.writeLine(line) }
  }
}
