// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Worker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The options that every command has which reads the configuration.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: [.customLong("config"), .customShort("c")],
    help: ArgumentHelp(
      "The configuration file (YAML).",
      discussion: "Else PRESENCE_CONFIG names it.",
      valueName: "file"
    )
  )
  var file: String?

  @Option(
    name: [.customLong("bootstrap-servers"), .customShort("b")],
    help: ArgumentHelp("Where to find a first broker; the same as kafka.bootstrapServers.", valueName: "host:port,…")
  )
  var bootstrapServers: String?

  @Option(help: ArgumentHelp("What topics begin with; the same as topics.prefix.", valueName: "prefix"))
  var topicPrefix: String?

  @Option(
    help: ArgumentHelp(
      "What the process does, such as enrich,resolve or bridge; the same as roles.",
      valueName: "role,…"
    )
  )
  var roles: String?

  @Option(help: ArgumentHelp("From which level on to log; the same as log.level.", valueName: "level"))
  var logLevel: String?

  @Option(
    name: .customLong("set"),
    parsing: .singleValue,
    help: ArgumentHelp(
      "Set any key, such as enricher.lanes=2 or kafka.properties.linger.ms=5; may be repeated.",
      valueName: "key=value"
    )
  )
  var settings: [String] = []

  /// What the options set, for the loader.
  func options() throws -> [ConfigurationLoader.Option] {
    var options = try settings.map { setting in
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw CommandFailure(.usage, "--set \(setting): a key and its value belong together, as in enricher.lanes=2")
      }
      let text = String(setting[setting.index(after: equals)...])
      return ConfigurationLoader.Option(key: String(setting[..<equals]), text: text, name: "--set")
    }
    let named = [
      (bootstrapServers, "kafka.bootstrapServers", "--bootstrap-servers"),
      (topicPrefix, "topics.prefix", "--topic-prefix"),
      (roles, "roles", "--roles"), (logLevel, "log.level", "--log-level"),
    ]
    for case (let text?, let key, let name) in named {
      options.append(ConfigurationLoader.Option(key: key, text: text, name: name))
    }
    return options
  }

  /// The loader of this command's sources, for commands that add to them.
  func loader(environment: [String: String] = ProcessEnvironment.variables) throws -> ConfigurationLoader {
    var loader = ConfigurationLoader()
    loader.environment = environment
    loader.options = try options()
    loader.checks = [AgentAssembly.problems]
    if let path = file ?? environment[EnvironmentName.file], !path.isEmpty {
      do {
        loader.file = (path, try TextFile.read(path))
      } catch {
        let advice = file == nil ? "\(EnvironmentName.file) names it." : "--config names it."
        throw CommandFailure(.configuration, "cannot read \(path): \(error.reason)", advice: advice)
      }
    }
    return loader
  }

  /// The configuration in effect; everything that is wrong with it is one failure.
  func load() throws -> LoadedConfiguration {
    do {
      var loaded = try loader().load()
      loaded.configuration.kafka.tokenProvider = OAuthTokenSource.provider(loaded.configuration.kafka.oauth)
      return loaded
    } catch let error as ConfigurationError {
      throw CommandFailure(
        .configuration,
        "\(error)",
        advice: "`presence-worker config check --keys` lists all keys."
      )
    }
  }
}

/// The environment of the process.
enum ProcessEnvironment {
  /// Its variables by name.
  static var variables: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
      }
      entry += 1
    }
    return variables
  }
}
