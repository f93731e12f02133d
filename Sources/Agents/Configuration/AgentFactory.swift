// SPDX-License-Identifier: Apache-2.0

public import AgentKit
import PresenceModel

/// Makes agents of configurations.
///
/// `check` is for everybody who needs to know the agents without asking them: it fetches no secret and opens no file.
/// `make` is for the resolver.
public enum AgentFactory {
  /// The names of the types, as `type:` has them.
  public static var typeNames: [String] { AgentType.allCases.map(\.rawValue) }

  /// Judges the configurations, and makes the directory of them.
  ///
  /// - Parameters:
  ///   - configurations: the agents in their order.
  ///   - enterprise: the active enterprise connection.
  ///   - path: the key of the list, for the problems.
  ///   - enterprisePath: the key of the connection, for the problems.
  /// - Throws: all that is wrong, at once.
  public static func check(
    _ configurations: [AgentConfiguration],
    enterprise: AgentConfiguration? = nil,
    path: String = "agents",
    enterprisePath: String = "enterprise"
  ) throws(ConfigurationProblems) -> AgentDirectory {
    let (blueprints, connection) = try blueprints(configurations, enterprise, path, enterprisePath)
    return try directory(blueprints, connection, path)
  }

  /// Judges the configurations, fetches the secrets, and makes the agents.
  ///
  /// - Throws: all that is wrong, at once.
  public static func make(
    _ configurations: [AgentConfiguration],
    enterprise: AgentConfiguration? = nil,
    path: String = "agents",
    enterprisePath: String = "enterprise"
  ) throws(ConfigurationProblems) -> AgentSet {
    let (blueprints, connection) = try blueprints(configurations, enterprise, path, enterprisePath)
    let directory = try directory(blueprints, connection, path)
    var problems: [ConfigurationProblem] = []
    var clients: [AsyncAgentHTTPClient.Configuration: AsyncAgentHTTPClient] = [:]
    var agents: [any PresenceAgent] = []
    for blueprint in blueprints + (connection.map { [$0] } ?? []) {
      do throws(ConfigurationProblem) {
        let credentials = try resolve(blueprint)
        let http = blueprint.common.http
        let client: AsyncAgentHTTPClient
        if let shared = clients[http] {
          client = shared
        } else {
          client = try makeClient(http, blueprint)
          clients[http] = client
        }
        agents.append(try blueprint.make(client, credentials))
      } catch {
        problems.append(error)
      }
    }
    let last = connection == nil ? nil : agents.popLast()
    let set = AgentSet(directory: directory, agents: agents, enterprise: last, clients: Array(clients.values))
    guard problems.isEmpty else {
      set.abandon()
      throw ConfigurationProblems(problems: problems)
    }
    return set
  }

  /// Judges the configurations, fetches the secrets, and makes the subscribers of those whose networks tell by themselves,
  /// in the same order; the enterprise connection's comes last.
  ///
  /// - Throws: all that is wrong, at once.
  public static func makeSubscribers(
    _ configurations: [AgentConfiguration],
    enterprise: AgentConfiguration? = nil,
    path: String = "agents",
    enterprisePath: String = "enterprise"
  ) throws(ConfigurationProblems) -> [any PresenceSubscriber] {
    let (blueprints, connection) = try blueprints(configurations, enterprise, path, enterprisePath)
    var problems: [ConfigurationProblem] = []
    var subscribers: [any PresenceSubscriber] = []
    for blueprint in blueprints + (connection.map { [$0] } ?? []) {
      guard let settings = blueprint.settings as? any LiveAgentSettings else { continue }
      do throws(ConfigurationProblem) {
        subscribers.append(try settings.makeSubscriber(try resolve(blueprint), path: blueprint.path))
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
    return subscribers
  }

  /// Judges the configurations, and names the agents whose networks tell by themselves; fetches no secret.
  ///
  /// - Throws: all that is wrong, at once.
  public static func liveNames(
    _ configurations: [AgentConfiguration],
    enterprise: AgentConfiguration? = nil,
    path: String = "agents",
    enterprisePath: String = "enterprise"
  ) throws(ConfigurationProblems) -> Set<String> {
    let (blueprints, connection) = try blueprints(configurations, enterprise, path, enterprisePath)
    let live = (blueprints + (connection.map { [$0] } ?? [])).filter { $0.settings is any LiveAgentSettings }
    return Set(live.map(\.descriptor.name))
  }

  private static func resolve(_ blueprint: AgentBlueprint) throws(ConfigurationProblem) -> Credentials {
    do throws(SecretReference.Problem) {
      return try blueprint.common.credentials.resolve()
    } catch {
      throw ConfigurationProblem(key: "\(blueprint.path).credentials", value: nil, message: error.description)
    }
  }

  private static func makeClient(
    _ http: AsyncAgentHTTPClient.Configuration,
    _ blueprint: AgentBlueprint
  ) throws(ConfigurationProblem) -> AsyncAgentHTTPClient {
    do throws(AgentError) {
      return try AsyncAgentHTTPClient(http)
    } catch {
      throw ConfigurationProblem(
        key: "\(blueprint.path).http.caFile",
        value: http.caFile,
        message: error.debugDescription
      )
    }
  }

  private static func blueprints(
    _ configurations: [AgentConfiguration],
    _ enterprise: AgentConfiguration?,
    _ path: String,
    _ enterprisePath: String
  ) throws(ConfigurationProblems) -> ([AgentBlueprint], AgentBlueprint?) {
    let findings = ConfigurationReader.Findings()
    let blueprints = configurations.enumerated().compactMap { index, configuration in
      AgentBlueprint(configuration, path: "\(path)[\(index)]", isEnterprise: false, findings)
    }
    let connection = enterprise.flatMap {
      AgentBlueprint($0, path: enterprisePath, isEnterprise: true, findings)
    }
    var paths: [String: String] = [:]
    for blueprint in blueprints + (connection.map { [$0] } ?? []) where !blueprint.common.name.isEmpty {
      let name = blueprint.common.name
      if let other = paths[name] {
        findings.problems.append(
          ConfigurationProblem(
            key: "\(blueprint.path).name",
            value: name,
            message: "must be unique; \(other) has it, too"
          )
        )
      }
      paths[name] = blueprint.path
    }
    guard findings.problems.isEmpty else { throw ConfigurationProblems(problems: findings.problems) }
    return (blueprints, connection)
  }

  private static func directory(
    _ blueprints: [AgentBlueprint],
    _ connection: AgentBlueprint?,
    _ path: String
  ) throws(ConfigurationProblems) -> AgentDirectory {
    do throws(AgentDirectory.Problem) {
      return try AgentDirectory(blueprints.map(\.descriptor), enterprise: connection?.descriptor)
    } catch {
      throw ConfigurationProblems(
        problems: [ConfigurationProblem(key: path, value: nil, message: error.description)])
    }
  }
}

/// The agents of a configuration, and what they share.
public struct AgentSet: Sendable {
  /// Who claims what, in which order.
  public let directory: AgentDirectory
  /// The agents in their order.
  public let agents: [any PresenceAgent]
  /// The active enterprise connection.
  public let enterprise: (any PresenceAgent)?

  let clients: [AsyncAgentHTTPClient]

  /// Closes what was opened for agents that were never asked.
  func abandon() {
    let (agents, clients) = (agents + (enterprise.map { [$0] } ?? []), clients)
    Task {
      for agent in agents { await agent.close() }
      for client in clients {
        try? await client.shutdown()  // nothing was sent yet, and there is nobody left to tell
      }
    }
  }

  /// Closes the connections of all agents, when no call runs any more.
  public func shutdown() async throws(AgentError) {
    for agent in agents + (enterprise.map { [$0] } ?? []) { await agent.close() }
    for client in clients { try await client.shutdown() }
  }
}
