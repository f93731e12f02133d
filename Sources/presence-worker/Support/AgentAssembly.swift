// SPDX-License-Identifier: Apache-2.0

import Agents
import Worker

/// The agents that a configuration names.
enum AgentAssembly {
  /// Judges the configured agents, fetches their secrets, and makes them; everything that is wrong is one failure.
  static func make(_ configuration: WorkerConfiguration) throws -> AgentSet {
    do throws(ConfigurationProblems) {
      return try AgentFactory.make(
        agents(configuration.agents),
        enterprise: active(configuration.enterprise)
      )
    } catch {
      throw CommandFailure(
        .configuration,
        "\(error)",
        advice: "docs/CONFIGURATION.md lists the types of agents and their keys."
      )
    }
  }

  /// What is wrong with the configured agents, for the check of the whole configuration; fetches no secret.
  static func problems(_ configuration: WorkerConfiguration) -> [Worker.ConfigurationProblem] {
    do throws(ConfigurationProblems) {
      _ = try AgentFactory.check(agents(configuration.agents), enterprise: active(configuration.enterprise))
      return []
    } catch {
      return error.problems.map { problem in
        Worker.ConfigurationProblem(key: problem.key, value: problem.value, expected: problem.message)
      }
    }
  }

  private static func agents(_ node: ConfigurationNode) -> [AgentConfiguration] {
    guard case .sequence(let elements) = node.content else {
      return node.isEmpty ? [] : [AgentConfiguration(ConfigurationValue(node))]
    }
    return elements.map { AgentConfiguration(ConfigurationValue($0)) }
  }

  private static func active(_ node: ConfigurationNode) -> AgentConfiguration? {
    node.isEmpty ? nil : AgentConfiguration(ConfigurationValue(node))
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
