// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import Logging
import Worker

/// The agents that a configuration names.
enum AgentAssembly {
  /// What to do about agents that are wrong.
  static let advice = "docs/AGENTS.md has the types of agents and their keys."

  /// Judges the configured agents, fetches their secrets, and makes them; everything that is wrong is one failure.
  static func make(_ configuration: WorkerConfiguration) throws -> AgentSet {
    do throws(ConfigurationProblems) {
      return try set(configuration)
    } catch {
      throw CommandFailure(.configuration, "\(error)", advice: advice)
    }
  }

  /// Judges the configured agents, fetches their secrets, and makes them.
  static func set(_ configuration: WorkerConfiguration) throws(ConfigurationProblems) -> AgentSet {
    try AgentFactory.make(agents(configuration), enterprise: enterprise(configuration))
  }

  /// The agents as a worker needs them: what they claim, and, where it resolves, the agents themselves.
  ///
  /// - Throws: a failure that tells all that is wrong.
  static func agents(
    _ configuration: WorkerConfiguration,
    _ logger: Logger
  ) throws(ConfigurationError) -> (AgentDirectory, AgentRoster?) {
    do throws(ConfigurationProblems) {
      guard configuration.roles.contains(.resolve) else { return (try directory(configuration), nil) }
      let set = try set(configuration)
      let chain: PresenceChain<ContinuousClock>
      do throws(AgentDirectory.Problem) {
        chain = try PresenceChain(set.agents, enterprise: set.enterprise, logger: logger)
      } catch {
        preconditionFailure("agents that make a directory make a chain: \(error)")
      }
      let roster = AgentRoster(chain: chain) {
        do throws(AgentError) {
          try await set.shutdown()
        } catch {
          logger.warning("The connections of agents could not be closed", metadata: ["error": "\(error)"])
        }
      }
      return (set.directory, roster)
    } catch {
      throw ConfigurationError(problems: error.problems.map(Worker.ConfigurationProblem.init))
    }
  }

  /// The subscribers as a bridge needs them; nil for a worker that is none. Whoever gets them has to run them.
  ///
  /// - Throws: a failure that tells all that is wrong.
  static func live(
    _ configuration: WorkerConfiguration,
    _ directory: AgentDirectory
  ) throws(ConfigurationError) -> LiveRoster? {
    guard configuration.roles.contains(.bridge) else { return nil }
    do throws(ConfigurationProblems) {
      let subscribers = try AgentFactory.makeSubscribers(
        agents(configuration),
        enterprise: enterprise(configuration)
      )
      return LiveRoster(directory: directory, subscribers: subscribers)
    } catch {
      throw ConfigurationError(problems: error.problems.map(Worker.ConfigurationProblem.init))
    }
  }

  /// The agents whose networks tell by themselves, by name; fetches no secret.
  static func liveNames(_ configuration: WorkerConfiguration) throws(ConfigurationProblems) -> Set<String> {
    try AgentFactory.liveNames(agents(configuration), enterprise: enterprise(configuration))
  }

  /// Who claims what, in which order; fetches no secret.
  static func directory(_ configuration: WorkerConfiguration) throws(ConfigurationProblems) -> AgentDirectory {
    try AgentFactory.check(agents(configuration), enterprise: enterprise(configuration))
  }

  /// What is wrong with the configured agents, for the check of the whole configuration; fetches no secret.
  static func problems(_ configuration: WorkerConfiguration) -> [Worker.ConfigurationProblem] {
    do throws(ConfigurationProblems) {
      _ = try directory(configuration)
      return []
    } catch {
      return error.problems.map(Worker.ConfigurationProblem.init)
    }
  }

  /// The enterprise connections, the active one and the others.
  static func connections(
    _ configuration: WorkerConfiguration
  ) throws(ConfigurationProblems) -> EnterpriseConfiguration {
    try EnterpriseConfiguration(enterprise(configuration))
  }

  private static func agents(_ configuration: WorkerConfiguration) -> [AgentConfiguration] {
    guard case .sequence(let elements) = configuration.agents.content else { return [] }
    return elements.map { AgentConfiguration(withFreshness(ConfigurationValue($0), configuration)) }
  }

  private static func enterprise(_ configuration: WorkerConfiguration) -> ConfigurationValue {
    guard case .map(var section) = ConfigurationValue(configuration.enterprise) else { return .none }
    if case .list(let connections)? = section["connections"] {
      section["connections"] = .list(connections.map { withFreshness($0, configuration) })
    }
    return .map(section)
  }

  /// An agent as it is written, with `presence.freshness` where it has no `freshness` of its own.
  private static func withFreshness(
    _ value: ConfigurationValue,
    _ configuration: WorkerConfiguration
  ) -> ConfigurationValue {
    guard case .map(var members) = value else { return value }
    if (members["freshness"] ?? ConfigurationValue.none) == ConfigurationValue.none {
      members["freshness"] = .scalar(DurationText.render(configuration.presence.freshness))
    }
    return .map(members)
  }
}

extension Worker.ConfigurationProblem {
  /// A problem that the agents' module has found.
  init(_ problem: Agents.ConfigurationProblem) {
    self.init(key: problem.key, value: problem.value, expected: problem.message)
  }
}

extension ConfigurationValue {
  /// The same piece of the file as the agents' module takes it.
  init(_ node: ConfigurationNode) {
    switch node.content {
    case .null: self = .none
    case .scalar(let text): self = .scalar(text)
    case .sequence(let elements): self = .list(elements.map { ConfigurationValue($0) })
    case .mapping(let entries):
      self = .map(
        Dictionary(entries.map { ($0.key, ConfigurationValue($0.value)) }, uniquingKeysWith: { _, last in last })
      )
    }
  }
}
