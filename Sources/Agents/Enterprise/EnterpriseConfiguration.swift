// SPDX-License-Identifier: Apache-2.0

/// The enterprise connections of a configuration: several may be registered, and one of them is active.
///
/// ```yaml
/// enterprise:
///   active: xmpp-emea                 # the connection that is asked for what no agent claims
///   applications:                     # external applications: what they hold is referenced, never written here
///     portal-bot: {user: bot@corp.example, password: {file: /run/secrets/bot}}   # or {token: {env: NAME}}
///   connections:
///     - name: xmpp-emea
///       adapter: ejabberd             # EnterpriseAdapter.all
///       server: https://xmpp.corp.example/api
///       userDomain: corp.example
///       externalApplication: portal-bot
///       timeout: -1                   # 10 s
///       freshness: 30s                # and all other keys of the adapter's agent
/// ```
public struct EnterpriseConfiguration: Hashable, Sendable {
  /// The registered connections.
  public let connections: [EnterpriseConnection]
  /// The one that is asked; nil where none is registered.
  public let active: EnterpriseConnection?

  /// Reads and judges the connections, those that are not active among them.
  ///
  /// - Throws: all that is wrong, at once.
  public init(_ value: ConfigurationValue, path: String = "enterprise") throws(ConfigurationProblems) {
    let findings = ConfigurationReader.Findings()
    let reader = ConfigurationReader(value, path: path, findings: findings)
    let applications = Dictionary(uniqueKeysWithValues: reader.entries("applications"))
    for (name, application) in applications.sorted(by: { $0.key < $1.key }) {
      Self.check(application, path: "\(path).applications.\(name)", findings)
    }
    var elements: [ConfigurationValue] = []
    switch reader.value("connections") {
    case nil: break
    case .list(let list): elements = list
    default: reader.report("connections", nil, "must be a list")
    }
    let connections = elements.enumerated().compactMap { index, element in
      EnterpriseConnection(
        element,
        path: "\(path).connections[\(index)]",
        applications: applications,
        findings
      )
    }
    var paths: [String: String] = [:]
    for connection in connections {
      if let other = paths[connection.name] {
        findings.problems.append(
          ConfigurationProblem(
            key: "\(connection.path).name",
            value: connection.name,
            message: "must be unique; \(other) has it, too"
          )
        )
      }
      paths[connection.name] = connection.path
    }
    let names = connections.map(\.name).joined(separator: ", ")
    var active: EnterpriseConnection?
    if let name = reader.text("active") {
      active = connections.first { $0.name == name }
      if active == nil {
        reader.report("active", name, names.isEmpty ? "is no connection; there is none" : "must be one of \(names)")
      }
    } else if !elements.isEmpty {
      reader.report("active", nil, "is missing: the connection that is asked, one of \(names)")
    }
    reader.finish()
    for connection in connections where connection != active { findings.problems += connection.problems() }
    guard findings.problems.isEmpty else { throw ConfigurationProblems(problems: findings.problems) }
    self.connections = connections
    self.active = active
  }

  /// Judges an external application's credentials, whoever uses them.
  private static func check(
    _ value: ConfigurationValue,
    path: String,
    _ findings: ConfigurationReader.Findings
  ) {
    let own = ConfigurationReader.Findings()
    // Where tokens come from may be the adapter's to know; what is missing in the end is told with the connection.
    let endpoint = OAuthEndpoint(tokenURL: "https://login.example/token", scope: nil)
    _ = ConfigurationReader(.map(["credentials": value]), path: "", findings: own).credentials(oauth: endpoint)
    findings.problems += own.problems.map { problem in
      let key = path + problem.key.dropFirst(".credentials".count)
      return ConfigurationProblem(key: key, value: problem.value, message: problem.message)
    }
  }
}

extension EnterpriseConnection {
  /// What is wrong with a connection that nobody asks yet.
  fileprivate func problems() -> [ConfigurationProblem] {
    do throws(ConfigurationProblems) {
      _ = try AgentFactory.check([], enterprise: agent, enterprisePath: path)
      return []
    } catch {
      return error.problems.map(translated)
    }
  }
}
