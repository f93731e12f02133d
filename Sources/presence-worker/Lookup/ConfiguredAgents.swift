// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import Worker

/// The agents that a configuration names: the only place where the worker's configuration and the agents meet.
enum ConfiguredAgents {
  /// What is wrong with the agents and the enterprise connection; opens nothing and fetches no secret.
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

  /// Who claims what, in which order: all that an enricher needs of the agents.
  static func directory(_ configuration: WorkerConfiguration) throws(ConfigurationProblems) -> AgentDirectory {
    try AgentFactory.check(agents(of: configuration), enterprise: enterprise(of: configuration))
  }

  /// The agents themselves, with their secrets and connections; whoever makes them shuts them down.
  static func make(_ configuration: WorkerConfiguration) throws(ConfigurationProblems) -> AgentSet {
    try AgentFactory.make(agents(of: configuration), enterprise: enterprise(of: configuration))
  }

  private static func agents(of configuration: WorkerConfiguration) -> [AgentConfiguration] {
    guard case .sequence(let nodes) = configuration.agents.content else { return [] }
    return nodes.map { AgentConfiguration(ConfigurationValue($0)) }
  }

  private static func enterprise(of configuration: WorkerConfiguration) -> AgentConfiguration? {
    configuration.enterprise.isEmpty ? nil : AgentConfiguration(ConfigurationValue(configuration.enterprise))
  }
}

extension ConfigurationValue {
  /// The same tree in the form that agents read.
  init(_ node: ConfigurationNode) {
    switch node.content {
    case .null: self = .none
    case .scalar(let text): self = .scalar(text)
    case .sequence(let elements): self = .list(elements.map { ConfigurationValue($0) })
    case .mapping(let entries):
      self = .map(Dictionary(entries.map { ($0.key, ConfigurationValue($0.value)) }) { _, last in last })
    }
  }
}
