// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of a Matrix agent; claims Matrix ids (`@jane:corp.example`) unless told otherwise.
struct MatrixAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: the homeserver, such as `https://matrix.corp.example`.
  let url: String
  /// Key `server`: the server name in the user ids of addresses that are no Matrix ids; default their domain.
  let server: String?
  /// Key `inactiveAfter`: from which time without activity on `unavailable` is the homeserver's doing; default 5 min.
  let inactiveAfter: Duration

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(
      reader,
      claims: [ClaimRule(shape: .matrixID)],
      launch: .matrix,
      isEnterprise: isEnterprise
    )
    reader.requireCredentials(common.credentials, "a homeserver tells presence to its users alone: a token")
    url = reader.baseURL("url")
    server = reader.domain("server")
    inactiveAfter = reader.duration("inactiveAfter", default: .seconds(300), in: .seconds(1) ... .seconds(86_400))
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    MatrixAgent(self, connection)
  }
}

/// Asks a Matrix homeserver for a user's presence.
///
/// A homeserver tells it to those who share a room with the user; of everybody else it says "forbidden" or "not found",
/// and they are unknown.
struct MatrixAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: MatrixAgentConfiguration

  init(_ configuration: MatrixAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let user = userID(of: address) else { return nil }
    var url = RequestURL(configuration.url + "/_matrix/client/v3/presence")
    try url.append(segment: user)
    try url.append(segment: "status")
    let response = try await connection.send(AgentHTTPRequest("GET", url.text), timeout: budget.remaining)
    switch response.status {
    case 200: return try MatrixFormat.parse(response.body, inactiveAfter: configuration.inactiveAfter)
    case 403, 404: return nil
    default: throw .unexpected(response.status)
    }
  }

  /// The Matrix id of an address; nil where it has none.
  private func userID(of address: IMAddress) -> String? {
    if address.scheme == nil, address.domain == nil, address.local.hasPrefix("@") { return address.local }
    guard let server = configuration.server ?? address.domain else { return nil }
    return "@\(address.local.lowercased()):\(server)"
  }
}
