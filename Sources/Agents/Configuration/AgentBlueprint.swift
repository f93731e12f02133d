// SPDX-License-Identifier: Apache-2.0

import AgentKit

/// The types of agents that `type:` can name.
enum AgentType: String, CaseIterable {
  case url
  case ejabberd
  case yahoo
}

/// An agent that has been read and judged, but not made: it has no secret and no connection.
struct AgentBlueprint {
  typealias Make = (any AgentHTTPClient, Credentials) throws(ConfigurationProblem) -> any PresenceAgent

  let path: String
  let common: CommonAgentConfiguration
  let descriptor: AgentDescriptor
  let make: Make

  /// Reads an agent; nil where it has no type that is known.
  init?(
    _ configuration: AgentConfiguration,
    path: String,
    isEnterprise: Bool,
    _ findings: ConfigurationReader.Findings
  ) {
    let reader = ConfigurationReader(configuration.value, path: path, findings: findings)
    let names = AgentType.allCases.map(\.rawValue).joined(separator: ", ")
    guard let text = reader.requiredText("type", "one of \(names)") else { return nil }
    guard let type = AgentType(rawValue: text) else {
      reader.report("type", text, "must be one of \(names)")
      return nil
    }
    self.path = path
    switch type {
    case .url:
      let settings = URLAgentConfiguration(reader, isEnterprise: isEnterprise)
      common = settings.common
      descriptor = settings.common.descriptor()
      make = { (client, credentials) throws(ConfigurationProblem) in
        try URLAgent.make(settings, client: client, credentials: credentials, path: path)
      }
    case .ejabberd:
      let settings = EjabberdAgentConfiguration(reader, isEnterprise: isEnterprise)
      common = settings.common
      descriptor = settings.common.descriptor()
      make = { (client, credentials) throws(ConfigurationProblem) in
        EjabberdAgent(settings, client: client, credentials: credentials)
      }
    case .yahoo:
      let settings = YahooAgentConfiguration(reader, isEnterprise: isEnterprise)
      common = settings.common
      descriptor = settings.common.descriptor()
      make = { (client, _) throws(ConfigurationProblem) in YahooAgent(settings, client: client) }
    }
    reader.finish()
  }
}
