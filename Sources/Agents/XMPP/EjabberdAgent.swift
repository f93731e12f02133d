// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent for ejabberd's HTTP API (`mod_http_api`).
struct EjabberdAgentConfiguration: AgentSettings {
  /// How a user is asked for.
  enum Command: String, CaseIterable {
    /// `user_sessions_info`: every session, aggregated here.
    case sessions = "user_sessions_info"
    /// `get_presence`: the first live session, for accounts that may not see sessions.
    case presence = "get_presence"
    /// `user_sessions_info`, and `get_presence` where that is refused.
    case either
  }

  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: the API, such as `http://127.0.0.1:5280/api`.
  let url: String
  /// Key `command`: `user_sessions_info` (default), `get_presence` or `either`.
  let command: Command
  /// Key `host`: the virtual host of addresses without a domain; without it they are unknown.
  let host: String?

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: .xmpp, isEnterprise: isEnterprise)
    url = reader.baseURL("url")
    command = reader.choice("command", default: .sessions)
    host = reader.domain("host")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    EjabberdAgent(self, connection)
  }
}

/// Asks ejabberd for all sessions of a user.
///
/// A user that does not exist has no sessions and is offline, as ejabberd answers; it does not tell the two apart.
struct EjabberdAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: EjabberdAgentConfiguration

  init(_ configuration: EjabberdAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let host = address.domain ?? configuration.host else { return nil }
    let local = JSONValue.escaped(address.local)
    let body = Array("{\"user\":\"\(local)\",\"host\":\"\(JSONValue.escaped(host))\"}".utf8)
    switch configuration.command {
    case .sessions: return try await sessions(body, budget)
    case .presence: return try await firstSession(body, budget)
    case .either:
      do throws(AgentError) {
        return try await sessions(body, budget)
      } catch  where error.code == .unauthorized {
        return try await firstSession(body, budget)
      }
    }
  }

  private func sessions(_ body: [UInt8], _ budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let answer = try await call(.sessions, body, budget) else { return nil }
    return try EjabberdFormat.parseSessions(answer)
  }

  private func firstSession(_ body: [UInt8], _ budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let answer = try await call(.presence, body, budget) else { return nil }
    return try EjabberdFormat.parsePresence(answer)
  }

  /// The answer's body; nil where the API does not know the host.
  private func call(
    _ command: EjabberdAgentConfiguration.Command,
    _ body: [UInt8],
    _ budget: CallBudget
  ) async throws(AgentError) -> [UInt8]? {
    let request = AgentHTTPRequest(
      "POST",
      "\(configuration.url)/\(command.rawValue)",
      headers: [AgentHTTPRequest.Header("Content-Type", "application/json")],
      body: body
    )
    // 403 is about the agent's own account.
    let response = try await connection.send(request, timeout: budget.remaining, accepting: [404])
    switch response.status {
    case 200: return response.body
    case 404: return nil
    default: throw .unexpected(response.status)
    }
  }
}
