// SPDX-License-Identifier: Apache-2.0

/// One registered connection to an enterprise's own presence server.
public struct EnterpriseConnection: Hashable, Sendable {
  /// Key `name`: unique among connections and agents; the source of the connection's answers.
  public let name: String
  /// Key `adapter`: how it is asked.
  public let adapter: EnterpriseAdapter
  /// Key `server`.
  public let server: String
  /// Key `poolName`.
  public let poolName: String?
  /// Key `userDomain`.
  public let userDomain: String?
  /// Key `externalApplication`.
  public let externalApplication: String?
  /// Key `timeout`; 10 s where that is -1 or missing.
  public let timeout: Duration

  /// Where it stands, for problems.
  let path: String
  /// The agent that asks for it.
  let agent: AgentConfiguration

  /// What `timeout: -1` means.
  static let defaultTimeout = "10s"

  /// Reads a connection; nil where it is none that could be asked. What is wrong is in the findings.
  ///
  /// - Parameter applications: the credentials of the external applications, by name.
  init?(
    _ value: ConfigurationValue,
    path: String,
    applications: [String: ConfigurationValue],
    _ findings: ConfigurationReader.Findings
  ) {
    let reader = ConfigurationReader(value, path: path, findings: findings)
    let names = EnterpriseAdapter.all.map(\.name).joined(separator: ", ")
    let name = reader.requiredText("name", "1 to 64 ASCII letters, digits, -, _ and .")
    let adapterName = reader.requiredText("adapter", "one of \(names)")
    let adapter = EnterpriseAdapter.all.first { $0.name == adapterName }
    if adapter == nil, let adapterName { reader.report("adapter", adapterName, "must be one of \(names)") }

    var texts: [EnterpriseAdapter.Property: String] = [:]
    for property in EnterpriseAdapter.Property.allCases {
      let isMandatory = adapter?.mandatory.contains(property) ?? false
      texts[property] =
        isMandatory
        ? reader.requiredText(property.rawValue, property.expectation) : reader.text(property.rawValue)
    }
    if let application = texts[.externalApplication], applications[application] == nil {
      reader.report("externalApplication", application, "must be one of enterprise.applications")
    }
    let timeoutText = texts[.timeout].flatMap { $0 == "-1" ? nil : $0 } ?? Self.defaultTimeout
    let timeout = ConfigurationReader.duration(timeoutText)
    if timeout == nil {
      reader.report("timeout", timeoutText, "must be \(EnterpriseAdapter.Property.timeout.expectation)")
    }
    for key in ["type", "claims", "credentials"] where reader.value(key) != nil {
      reader.report(key, nil, "is nothing that a connection has: its adapter, being active and its application say it")
    }
    guard let name, let adapter, let timeout, case .map(var members) = value else { return nil }

    self.name = name
    self.adapter = adapter
    self.path = path
    self.timeout = timeout
    server = texts[.server] ?? ""
    poolName = texts[.poolName]
    userDomain = texts[.userDomain]
    externalApplication = texts[.externalApplication]

    members["adapter"] = nil
    for property in EnterpriseAdapter.Property.allCases { members[property.rawValue] = nil }
    for (property, key) in adapter.keys { members[key] = texts[property].map { .scalar($0) } }
    members["type"] = .scalar(adapter.type)
    members["credentials"] = externalApplication.flatMap { applications[$0] }
    var limits: [String: ConfigurationValue] = [:]
    if case .map(let given)? = members["limits"] { limits = given }
    limits["timeout"] = .scalar(timeoutText)
    members["limits"] = .map(limits)
    agent = AgentConfiguration(.map(members))
  }

  /// A problem of the agent as one of the connection: by the key that stands in the file.
  func translated(_ problem: ConfigurationProblem) -> ConfigurationProblem {
    var keys = ["credentials": "externalApplication", "limits.timeout": "timeout", "type": "adapter"]
    for (property, key) in adapter.keys { keys[key] = property.rawValue }
    for (key, written) in keys where problem.key == "\(path).\(key)" || problem.key.hasPrefix("\(path).\(key).") {
      return ConfigurationProblem(key: "\(path).\(written)", value: problem.value, message: problem.message)
    }
    return problem
  }
}
