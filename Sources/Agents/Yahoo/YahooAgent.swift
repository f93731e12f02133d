// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of a Yahoo! Messenger agent; claims `ymsgr:` unless told otherwise.
///
/// The service was closed in 2018; servers that speak its format remain.
struct YahooAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: where `/online` is; default `http://opi.yahoo.com`.
  let url: String

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(
      reader,
      claims: [ClaimRule(scheme: .scheme(.ymsgr))],
      launch: .yahoo,
      isEnterprise: isEnterprise
    )
    url = reader.baseURL("url", default: "http://opi.yahoo.com")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    YahooAgent(self, connection)
  }
}

/// Asks a server of Yahoo! Messenger's online indicator.
struct YahooAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let url: String

  init(_ configuration: YahooAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    url = configuration.url
    self.connection = connection
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    var url = RequestURL(url + "/online")
    url.append(query: "u", address.local)
    url.append(query: "m", "t")
    url.append(query: "t", "1")
    let response = try await connection.send(AgentHTTPRequest("GET", url.text), timeout: budget.remaining)
    guard response.status == 200 else { return nil }
    return YahooFormat.parse(response.body, id: address.local).map { AgentAnswer($0) }
  }
}
