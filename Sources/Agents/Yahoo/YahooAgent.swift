// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel

/// The settings of a Yahoo! Messenger agent; claims `ymsgr:` unless told otherwise.
///
/// The service was closed in 2018; servers that speak its format remain.
public struct YahooAgentConfiguration: Hashable, Sendable {
  /// What every agent has.
  public var common: CommonAgentConfiguration
  /// Key `url`: where `/online` is; default `http://opi.yahoo.com`.
  public var url: String

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(
      reader,
      claims: [ClaimRule(scheme: .scheme(.ymsgr))],
      launch: .yahoo,
      isEnterprise: isEnterprise
    )
    url = reader.baseURL("url", default: "http://opi.yahoo.com")
  }
}

/// Asks a server of Yahoo! Messenger's online indicator.
public struct YahooAgent: PresenceAgent {
  /// What the agent claims.
  public let descriptor: AgentDescriptor
  /// How hard the chain may press the agent.
  public let limits: AgentLimits
  private let url: String
  private let client: any AgentHTTPClient

  /// An agent.
  public init(_ configuration: YahooAgentConfiguration, client: any AgentHTTPClient) {
    descriptor = configuration.common.descriptor()
    limits = configuration.common.limits
    url = configuration.url
    self.client = client
  }

  /// Asks for one address.
  public func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    guard let address = addresses.first else { return [:] }
    let request = AgentHTTPRequest("GET", "\(url)/online?u=\(PercentEncoding.encode(address.local))&m=t&t=1")
    let response = try await client.send(request, timeout: timeout)
    if let failure = response.failure() { throw failure }
    guard response.status == 200, let state = YahooFormat.parse(response.body, id: address.local) else { return [:] }
    return [address: AgentAnswer(state)]
  }
}
