// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel

/// The settings of an agent for ejabberd's HTTP API (`mod_http_api`).
public struct EjabberdAgentConfiguration: Hashable, Sendable {
  /// How a user is asked for.
  public enum Command: String, CaseIterable, Hashable, Sendable {
    /// `user_sessions_info`: every session, aggregated here.
    case sessions = "user_sessions_info"
    /// `get_presence`: the first live session, for accounts that may not see sessions.
    case presence = "get_presence"
    /// `user_sessions_info`, and `get_presence` where that is refused.
    case either
  }

  /// What every agent has.
  public var common: CommonAgentConfiguration
  /// Key `url`: the API, such as `http://127.0.0.1:5280/api`.
  public var url: String
  /// Key `command`: `user_sessions_info` (default), `get_presence` or `either`.
  public var command: Command
  /// Key `host`: the virtual host of addresses without a domain; without it they are unknown.
  public var host: String?

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: .xmpp, isEnterprise: isEnterprise)
    url = reader.baseURL("url")
    command = reader.choice("command", default: .sessions)
    host = reader.text("host")
  }
}

/// Asks ejabberd for all sessions of a user.
///
/// A user that does not exist has no sessions and is offline, as ejabberd answers; it does not tell the two apart.
public struct EjabberdAgent: PresenceAgent {
  /// What the agent claims.
  public let descriptor: AgentDescriptor
  /// How hard the chain may press the agent.
  public let limits: AgentLimits
  private let configuration: EjabberdAgentConfiguration
  private let headers: [AgentHTTPRequest.Header]
  private let client: any AgentHTTPClient

  /// An agent.
  public init(_ configuration: EjabberdAgentConfiguration, client: any AgentHTTPClient, credentials: Credentials) {
    descriptor = configuration.common.descriptor()
    limits = configuration.common.limits
    self.configuration = configuration
    headers = [AgentHTTPRequest.Header("Content-Type", "application/json")] + [credentials.header].compactMap { $0 }
    self.client = client
  }

  /// Asks for one address.
  public func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    guard let address = addresses.first, let host = address.domain ?? configuration.host else { return [:] }
    let local = JSONValue.escaped(address.local)
    let body = Array("{\"user\":\"\(local)\",\"host\":\"\(JSONValue.escaped(host))\"}".utf8)
    let answer: AgentAnswer?
    switch configuration.command {
    case .sessions: answer = try await sessions(body, timeout)
    case .presence: answer = try await firstSession(body, timeout)
    case .either:
      do throws(AgentError) {
        answer = try await sessions(body, timeout)
      } catch  where error.code == .unauthorized {
        answer = try await firstSession(body, timeout)
      }
    }
    return answer.map { [address: $0] } ?? [:]
  }

  private func sessions(_ body: [UInt8], _ timeout: Duration) async throws(AgentError) -> AgentAnswer? {
    let response = try await call(.sessions, body, timeout)
    return response.status == 404 ? nil : try EjabberdFormat.parseSessions(response.body)
  }

  private func firstSession(_ body: [UInt8], _ timeout: Duration) async throws(AgentError) -> AgentAnswer? {
    let response = try await call(.presence, body, timeout)
    return response.status == 404 ? nil : try EjabberdFormat.parsePresence(response.body)
  }

  private func call(
    _ command: EjabberdAgentConfiguration.Command,
    _ body: [UInt8],
    _ timeout: Duration
  ) async throws(AgentError) -> AgentHTTPResponse {
    let request = AgentHTTPRequest("POST", "\(configuration.url)/\(command.rawValue)", headers: headers, body: body)
    let response = try await client.send(request, timeout: timeout)
    if let failure = response.failure(unknown: [404]) { throw failure }  // 403 is about the agent's account
    guard response.status == 200 || response.status == 404 else {
      throw AgentError(.badAnswer, "The network answers with HTTP \(response.status).")
    }
    return response
  }
}
