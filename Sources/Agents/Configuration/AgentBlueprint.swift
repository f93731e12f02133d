// SPDX-License-Identifier: Apache-2.0

import AgentKit

/// The types of agents that `type:` can name.
enum AgentType: String, CaseIterable {
  case url
  case xmpp
  case ejabberd
  case webpresence
  case openfire
  case ucwa
  case graph
  case matrix
  case slack
  case yahoo
  case icq
  case sipSimple = "sip-simple"
  case lcs2005
  case ocs2007
  case lync2010

  /// The settings of the type.
  var settings: any AgentSettings.Type {
    switch self {
    case .url: URLAgentConfiguration.self
    case .xmpp: XMPPAgentConfiguration.self
    case .ejabberd: EjabberdAgentConfiguration.self
    case .webpresence: WebPresenceAgentConfiguration.self
    case .openfire: OpenfireAgentConfiguration.self
    case .ucwa: UCWAAgentConfiguration.self
    case .graph: GraphAgentConfiguration.self
    case .matrix: MatrixAgentConfiguration.self
    case .slack: SlackAgentConfiguration.self
    case .yahoo: YahooAgentConfiguration.self
    case .icq: ICQAgentConfiguration.self
    case .sipSimple, .lcs2005, .ocs2007, .lync2010: SIPAgentConfiguration.self
    }
  }
}

/// An agent that has been read and judged, but not made: it has no secret and no connection.
struct AgentBlueprint {
  let path: String
  let settings: any AgentSettings

  var common: CommonAgentConfiguration { settings.common }
  var descriptor: AgentDescriptor { settings.descriptor }

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
    settings = type.settings.init(reader, isEnterprise: isEnterprise)
    reader.finish()
  }

  /// Makes the agent.
  ///
  /// - Throws: where a secret cannot be had.
  func make(
    _ client: any AgentHTTPClient,
    _ credentials: Credentials
  ) throws(ConfigurationProblem) -> any PresenceAgent {
    try settings.makeAgent(AgentConnection(client, credentials: credentials), path: path)
  }
}
