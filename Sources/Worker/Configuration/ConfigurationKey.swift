// SPDX-License-Identifier: Apache-2.0

/// One thing that can be configured: its name, type, default and range, what it means, and where its value goes.
///
/// The list `all` is the only place that knows the keys. The loader reads by it, the reference is generated from it,
/// and the defaults that it shows are read from `WorkerConfiguration` itself, so that none of them can disagree.
public struct ConfigurationKey: Sendable {
  /// The name in the file, with dots between its levels: `enricher.commitInterval`.
  public let name: String
  /// The type in words, such as `duration`.
  public let type: String
  /// The range in words; empty where there is none.
  public let range: String
  /// The default as it would be written; empty for none.
  public let defaultValue: String
  /// Whether values, or parts of them, are secrets.
  public let mayHoldSecrets: Bool
  /// Whether a worker takes a change of it over while it runs, on SIGHUP; else it takes a restart.
  public let isLive: Bool
  /// What it means.
  public let summary: String

  /// Whether the value is a mapping of names that the list does not know.
  let isOpen: Bool
  /// Reads a value into a configuration.
  let assign: @Sendable (ConfigurationInput, inout WorkerConfiguration) throws(ConfigurationMisfits) -> Void
  /// Writes a configuration's value; secrets are hidden.
  let render: @Sendable (WorkerConfiguration) -> String
  /// Whether two configurations have the same value, secrets included.
  let isSame: @Sendable (WorkerConfiguration, WorkerConfiguration) -> Bool
  /// Takes the value over from another configuration.
  let copy: @Sendable (WorkerConfiguration, inout WorkerConfiguration) -> Void

  init<Value: Equatable>(
    _ name: String,
    _ path: any WritableKeyPath<WorkerConfiguration, Value> & Sendable,
    _ form: ConfigurationForm<Value>,
    mayHoldSecrets: Bool = false,
    isOpen: Bool = false,
    isLive: Bool = false,
    _ summary: String
  ) {
    self.name = name
    self.summary = summary
    self.mayHoldSecrets = mayHoldSecrets
    self.isOpen = isOpen
    self.isLive = isLive
    type = form.type
    range = form.range
    defaultValue = form.render(WorkerConfiguration()[keyPath: path])
    assign = { input, configuration throws(ConfigurationMisfits) in
      configuration[keyPath: path] = try form.read(input, configuration[keyPath: path])
    }
    render = { form.render($0[keyPath: path]) }
    isSame = { $0[keyPath: path] == $1[keyPath: path] }
    copy = { $1[keyPath: path] = $0[keyPath: path] }
  }

  /// The environment variable of the key.
  public var environmentVariable: String { EnvironmentName.of(name) }

  /// The first level of the name: `enricher`.
  public var section: String { String(name.prefix { $0 != "." }) }

  /// The value in effect as it would be written in the file; secrets are hidden.
  public func value(in configuration: WorkerConfiguration) -> String { render(configuration) }

  /// The part of the file that is kept as it stands; nil for keys whose values are read here.
  func document(in configuration: WorkerConfiguration) -> ConfigurationNode? {
    switch name {
    case "agents": configuration.agents
    case "enterprise": configuration.enterprise
    default: nil
    }
  }

  /// All keys, section by section in the order of the reference.
  public static let all: [ConfigurationKey] =
    instanceKeys + topicKeys + kafkaKeys + oauthKeys + enricherKeys + presenceKeys + contactKeys + resolverKeys
    + bridgeKeys + chainKeys + httpKeys + healthKeys + logKeys
}
