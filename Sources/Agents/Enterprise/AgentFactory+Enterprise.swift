// SPDX-License-Identifier: Apache-2.0

public import AgentKit

extension AgentFactory {
  /// Judges agents and enterprise connections, and makes the directory of them; fetches no secret.
  ///
  /// - Parameter section: the whole section `enterprise` of a configuration.
  /// - Throws: all that is wrong, at once.
  public static func check(
    _ agents: [AgentConfiguration],
    enterprise section: ConfigurationValue
  ) throws(ConfigurationProblems) -> AgentDirectory {
    try judging(agents, section) { (active) throws(ConfigurationProblems) in
      try check(agents, enterprise: active?.agent, enterprisePath: active?.path ?? "enterprise")
    }
  }

  /// Judges agents and enterprise connections, fetches the secrets of those that are asked, and makes them.
  ///
  /// - Parameter section: the whole section `enterprise` of a configuration.
  /// - Throws: all that is wrong, at once.
  public static func make(
    _ agents: [AgentConfiguration],
    enterprise section: ConfigurationValue
  ) throws(ConfigurationProblems) -> AgentSet {
    try judging(agents, section) { (active) throws(ConfigurationProblems) in
      try make(agents, enterprise: active?.agent, enterprisePath: active?.path ?? "enterprise")
    }
  }

  /// Judges agents and enterprise connections, fetches the secrets of those whose networks tell by themselves, and makes
  /// their subscribers.
  ///
  /// - Parameter section: the whole section `enterprise` of a configuration.
  /// - Throws: all that is wrong, at once.
  public static func makeSubscribers(
    _ agents: [AgentConfiguration],
    enterprise section: ConfigurationValue
  ) throws(ConfigurationProblems) -> [any PresenceSubscriber] {
    try judging(agents, section) { (active) throws(ConfigurationProblems) in
      try makeSubscribers(agents, enterprise: active?.agent, enterprisePath: active?.path ?? "enterprise")
    }
  }

  /// Judges agents and enterprise connections, and names the agents whose networks tell by themselves; fetches no secret.
  ///
  /// - Parameter section: the whole section `enterprise` of a configuration.
  /// - Throws: all that is wrong, at once.
  public static func liveNames(
    _ agents: [AgentConfiguration],
    enterprise section: ConfigurationValue
  ) throws(ConfigurationProblems) -> Set<String> {
    try judging(agents, section) { (active) throws(ConfigurationProblems) in
      try liveNames(agents, enterprise: active?.agent, enterprisePath: active?.path ?? "enterprise")
    }
  }

  /// Reads the connections, and lets `body` go on with the active one; the problems of both are told together.
  private static func judging<Result>(
    _ agents: [AgentConfiguration],
    _ section: ConfigurationValue,
    _ body: (EnterpriseConnection?) throws(ConfigurationProblems) -> Result
  ) throws(ConfigurationProblems) -> Result {
    var problems: [ConfigurationProblem] = []
    var enterprise: EnterpriseConfiguration?
    do throws(ConfigurationProblems) {
      enterprise = try EnterpriseConfiguration(section)
    } catch {
      problems = error.problems
    }
    let agentNames = agents.map(\.name)
    for connection in enterprise?.connections ?? [] where connection != enterprise?.active {
      guard let index = agentNames.firstIndex(of: connection.name) else { continue }
      let message = "must be unique; agents[\(index)] has it, too"
      problems.append(ConfigurationProblem(key: "\(connection.path).name", value: connection.name, message: message))
    }
    do throws(ConfigurationProblems) {
      let result = try body(enterprise?.active)
      if problems.isEmpty { return result }
      if let set = result as? AgentSet { set.abandon() }
    } catch {
      problems = error.problems.map { enterprise?.active?.translated($0) ?? $0 } + problems
    }
    throw ConfigurationProblems(problems: problems)
  }
}

extension AgentConfiguration {
  /// The name, where there is one.
  var name: String? {
    guard case .map(let members) = value, case .scalar(let name)? = members["name"] else { return nil }
    return name
  }
}
