// SPDX-License-Identifier: Apache-2.0

import AgentKit
import ArgumentParser
import Testing
import Worker

@testable import presence_worker

@Suite("Commands")
struct CommandTests {
  /// Every command below the root, with the words that call it.
  private func commands(
    _ type: any ParsableCommand.Type = PresenceWorker.self,
    _ path: [String] = []
  ) -> [(path: [String], type: any ParsableCommand.Type)] {
    type.configuration.subcommands.flatMap { command -> [(path: [String], type: any ParsableCommand.Type)] in
      let path = path + [command.configuration.commandName ?? ""]
      return [(path: path, type: command)] + commands(command, path)
    }
  }

  @Test("every command has a name and says what it does; every one that does something shows examples of itself")
  func help() {
    #expect(commands().count >= 12)
    for (path, type) in commands() {
      let configuration = type.configuration
      #expect(!path.contains(""))
      #expect(configuration.abstract.hasSuffix("."), "\(path)")
      guard configuration.subcommands.isEmpty else { continue }
      let example = "presence-worker \(path.joined(separator: " "))"
      #expect(configuration.discussion.contains("Examples:"), "\(path)")
      #expect(configuration.discussion.contains(example), "\(path)")
    }
  }

  @Test("options win over the environment, and --set sets any key")
  func options() throws {
    let options = try ConfigurationOptions.parse([
      "--bootstrap-servers", "a:1,b:2", "--topic-prefix", "acme.", "--set", "enricher.lanes=3", "--set",
      "kafka.properties.linger.ms=5", "--roles", "enrich,bridge",
    ])
    let environment = ["PRESENCE_TOPICS_PREFIX": "other.", "PRESENCE_ENRICHER_COALESCE": "false"]
    let configuration = try options.loader(environment: environment).load().configuration
    #expect(configuration.kafka.bootstrapServers == ["a:1", "b:2"])
    #expect(configuration.topics.prefix == "acme.")
    #expect(configuration.enricher.lanes == 3)
    #expect(configuration.roles == [.enrich, .bridge])
    #expect(!configuration.enricher.coalesce)
    #expect(configuration.kafka.properties.plain == ["linger.ms": "5"])
  }

  @Test("a wrong configuration is one failure with all its problems, the agents' among them")
  func problems() throws {
    let options = try ConfigurationOptions.parse([
      "--set", "enricher.lane=3", "--set", "log.level=loud", "--set", "agents=[{type: fax, name: f}]",
    ])
    let failure = #expect(throws: CommandFailure.self) { try options.load() }
    #expect(failure?.status == .configuration)
    #expect(failure?.message.contains("3 problems") == true, "\(failure?.message ?? "")")
    #expect(failure?.message.contains("did you mean enricher.lanes?") == true)
    #expect(failure?.message.contains("agents[0].type") == true)
  }

  @Test("a configuration file that is not there is a failure that says who named it")
  func missingFile() throws {
    let named = #expect(throws: CommandFailure.self) {
      try ConfigurationOptions.parse(["--config", "/nowhere.yaml"]).loader(environment: [:])
    }
    #expect(named?.status == .configuration)
    #expect(named?.message.contains("/nowhere.yaml") == true)
    let fromEnvironment = #expect(throws: CommandFailure.self) {
      try ConfigurationOptions.parse([]).loader(environment: ["PRESENCE_CONFIG": "/nowhere.yaml"])
    }
    #expect(fromEnvironment?.advice.contains("PRESENCE_CONFIG") == true)
  }

  @Test("an agent without a freshness of its own has the one of the configuration")
  func freshness() throws {
    let agents = """
      [{type: yahoo, name: own, freshness: 5s, claims: [{domain: a.example}]}, \
      {type: yahoo, name: common, claims: [{domain: b.example}]}]
      """
    let options = try ConfigurationOptions.parse(["--set", "agents=\(agents)", "--set", "presence.freshness=30s"])
    let directory = try AgentAssembly.directory(options.loader(environment: [:]).load().configuration)
    #expect(directory.descriptors.map(\.freshness) == [.seconds(5), .seconds(30)])
  }

  @Test("--set without a key or without a value is wrong usage", arguments: ["enricher.lanes", "=3", ""])
  func malformedSet(text: String) throws {
    let options = try ConfigurationOptions.parse(["--set", text])
    let failure = #expect(throws: CommandFailure.self) { try options.options() }
    #expect(failure?.status == .usage)
  }

  @Test("config check shows what is in effect and from where, and defaults only where they are asked for")
  func report() throws {
    let loaded = try ConfigurationOptions.parse(["--set", "enricher.lanes=3"]).loader(environment: [:]).load()
    let ink = Ink(isColoured: false)
    let short = ConfigurationReport(loaded, showsDefaults: false).lines(ink)
    #expect(short.contains("enricher.lanes  3      --set"))
    #expect(short.last == "\(ConfigurationKey.all.count - 1) more are defaults; --all shows them")
    let whole = ConfigurationReport(loaded, showsDefaults: true).lines(ink)
    #expect(ConfigurationKey.all.allSatisfy { key in whole.contains { $0.hasPrefix(key.name) } })
  }

  @Test("watch refuses what makes no sense", arguments: [["--count", "0"], ["--once", "--new"], ["--since", "10"]])
  func watchUsage(arguments: [String]) {
    #expect(throws: (any Error).self) { try WatchCommand.parse(arguments) }
  }
}
