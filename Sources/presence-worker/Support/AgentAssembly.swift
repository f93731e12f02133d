// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import Worker

/// The agents that a configuration names.
enum AgentAssembly {
  /// Judges the configured agents, fetches their secrets, and makes them; everything that is wrong is one failure.
  static func make(_ configuration: WorkerConfiguration) throws -> AgentSet {
    do throws(ConfigurationProblems) {
      return try AgentFactory.make(agents(configuration), enterprise: active(configuration))
    } catch {
      throw CommandFailure(
        .configuration,
        "\(error)",
        advice: "docs/CONFIGURATION.md lists the types of agents and their keys."
      )
    }
  }

  /// Who claims what, in which order; fetches no secret.
  static func directory(_ configuration: WorkerConfiguration) throws(ConfigurationProblems) -> AgentDirectory {
    try AgentFactory.check(agents(configuration), enterprise: active(configuration))
  }

  /// What is wrong with the configured agents, for the check of the whole configuration; fetches no secret.
  static func problems(_ configuration: WorkerConfiguration) -> [Worker.ConfigurationProblem] {
    do throws(ConfigurationProblems) {
      _ = try directory(configuration)
      return []
    } catch {
      return error.problems.map { problem in
        Worker.ConfigurationProblem(key: problem.key, value: problem.value, expected: problem.message)
      }
    }
  }

  private static func agents(_ configuration: WorkerConfiguration) -> [AgentConfiguration] {
    guard case .sequence(let elements) = configuration.agents.content else { return [] }
    return elements.map { agent($0, configuration) }
  }

  private static func active(_ configuration: WorkerConfiguration) -> AgentConfiguration? {
    configuration.enterprise.isEmpty ? nil : agent(configuration.enterprise, configuration)
  }

  /// An agent as it is written, with `presence.freshness` where it has no `freshness` of its own.
  private static func agent(_ node: ConfigurationNode, _ configuration: WorkerConfiguration) -> AgentConfiguration {
    var value = ConfigurationValue(node)
    if case .map(var members) = value {
      if (members["freshness"] ?? ConfigurationValue.none) == ConfigurationValue.none {
        members["freshness"] = .scalar(DurationText.render(configuration.presence.freshness))
      }
      value = .map(members)
    }
    return AgentConfiguration(value)
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
