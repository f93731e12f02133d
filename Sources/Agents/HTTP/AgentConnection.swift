// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Synchronization

/// An agent's way to its network: shows who the agent is, judges the statuses of answers, and knows how the agent is.
final class AgentConnection: Sendable {
  private enum Authorization: Sendable {
    case none
    case fixed(AgentHTTPRequest.Header)
    case tokens(OAuthTokens)
  }

  /// Who the agent is, for agents that speak something else than HTTP.
  let credentials: Credentials
  private let client: any AgentHTTPClient
  private let authorization: Authorization
  private let condition = Mutex(AgentHealth.ready)

  init(_ client: any AgentHTTPClient, credentials: Credentials = .none) {
    self.client = client
    self.credentials = credentials
    authorization =
      switch credentials {
      case .none: .none
      case .basic(let user, let password):
        .fixed(.init("Authorization", "Basic " + Base64.encode(Array("\(user):\(password.reveal())".utf8))))
      case .bearer(let token): .fixed(.init("Authorization", "Bearer " + token.reveal()))
      case .oauth(let oauth): .tokens(OAuthTokens(oauth, over: client))
      }
  }

  /// How the last exchange went: without a credential that is accepted the agent fails; after anything else that went
  /// wrong it is degraded.
  var health: AgentHealth { condition.withLock { $0 } }

  /// Sends a request and judges the status of the answer.
  ///
  /// - Parameter accepted: statuses from 400 on that are answers, since by them the network says that it tells nothing
  ///   of the address.
  /// - Throws: the failure that the status means, where it is from 400 on and not accepted.
  func send(
    _ request: AgentHTTPRequest,
    timeout: Duration,
    accepting accepted: Set<Int> = [403, 404]
  ) async throws(AgentError) -> AgentHTTPResponse {
    do throws(AgentError) {
      let response = try await exchange(request, timeout: timeout)
      if let failure = response.failure(unknown: accepted) { throw failure }
      condition.withLock { $0 = .ready }
      return response
    } catch {
      switch error.code {
      case .cancelled: break  // says nothing of the network
      case .unauthorized: condition.withLock { $0 = .failing(error.message) }
      default: condition.withLock { $0 = .degraded(error.message) }
      }
      throw error
    }
  }

  private func exchange(_ request: AgentHTTPRequest, timeout: Duration) async throws(AgentError) -> AgentHTTPResponse {
    switch authorization {
    case .none: return try await client.send(request, timeout: timeout)
    case .fixed(let header): return try await client.send(request.adding(header), timeout: timeout)
    case .tokens(let tokens):
      let budget = CallBudget(timeout)
      let token = try await tokens.token()
      let response = try await client.send(request.adding(Self.header(token)), timeout: budget.remaining)
      guard response.status == 401 else { return response }
      tokens.forget(token)  // revoked before its time: once more with a new one
      let next = try await tokens.token()
      return try await client.send(request.adding(Self.header(next)), timeout: budget.remaining)
    }
  }

  private static func header(_ token: Secret) -> AgentHTTPRequest.Header {
    AgentHTTPRequest.Header("Authorization", "Bearer " + token.reveal())
  }
}

extension AgentHTTPRequest {
  fileprivate func adding(_ header: Header) -> AgentHTTPRequest {
    var request = self
    request.headers.append(header)
    return request
  }
}
