// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent for Openfire's presence plugin.
struct OpenfireAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: where the server's plugins are, such as `http://127.0.0.1:9090/plugins`.
  let url: String
  /// Key `requester`: in whose name the plugin is asked; needed unless the plugin shows presence to everybody.
  let requester: String?
  /// Key `host`: the domain of addresses without one; without it they are unknown.
  let host: String?

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: .xmpp, isEnterprise: isEnterprise)
    url = reader.baseURL("url")
    requester = reader.text("requester")
    host = reader.domain("host")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    OpenfireAgent(self, connection)
  }
}

/// Asks Openfire's presence plugin for a user, as XML.
///
/// The plugin answers with HTTP 200 whatever it has to say; who is not known and who is not shown look alike and are
/// unknown. Its plain text could not tell states apart.
struct OpenfireAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: OpenfireAgentConfiguration

  init(_ configuration: OpenfireAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let host = address.domain ?? configuration.host else { return nil }
    var url = RequestURL(configuration.url + "/presence/status")
    url.append(query: "jid", "\(address.local)@\(host)")
    if let requester = configuration.requester { url.append(query: "req_jid", requester) }
    url.append(query: "type", "xml")
    let response = try await connection.send(AgentHTTPRequest("GET", url.text), timeout: budget.remaining)
    switch response.status {
    case 200: return try XMPPStanza.parsePresence(response.body)
    case 403, 404: return nil
    default: throw .unexpected(response.status)
    }
  }
}
