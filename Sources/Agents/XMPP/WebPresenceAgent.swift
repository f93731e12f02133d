// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent for ejabberd's `mod_webpresence`.
struct WebPresenceAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: the module's path, such as `http://127.0.0.1:5280/presence`.
  let url: String
  /// Key `host`: the virtual host of addresses without a domain; without it they are unknown.
  let host: String?

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: .xmpp, isEnterprise: isEnterprise)
    url = reader.baseURL("url")
    host = reader.domain("host")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    WebPresenceAgent(self, connection)
  }
}

/// Asks `mod_webpresence` for the resources of a user.
///
/// It needs no account. It shows those users alone who have registered with it, or whom the server's administrator
/// publishes (`webpresence_auto`); everybody else is not found, and so unknown.
struct WebPresenceAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: WebPresenceAgentConfiguration

  init(_ configuration: WebPresenceAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let server = address.domain ?? configuration.host else { return nil }
    let user = address.local.lowercased()  // the module compares bytes, and knows users as nodeprep has them
    var url = RequestURL(configuration.url)
    for segment in ["jid", user, server, "xml"] { try url.append(segment: segment) }
    let response = try await connection.send(AgentHTTPRequest("GET", url.text), timeout: budget.remaining)
    switch response.status {
    case 200: return try WebPresenceFormat.parse(response.body, user: user, server: server)
    case 403, 404: return nil
    default: throw .unexpected(response.status)
    }
  }
}
