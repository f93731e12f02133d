// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import Synchronization

/// Answers every request by a closure, and keeps what was asked.
final class StubHTTPClient: AgentHTTPClient {
  private let requests = Mutex<[AgentHTTPRequest]>([])
  private let respond: @Sendable (AgentHTTPRequest) throws(AgentError) -> AgentHTTPResponse

  init(_ respond: @escaping @Sendable (AgentHTTPRequest) throws(AgentError) -> AgentHTTPResponse) {
    self.respond = respond
  }

  /// Answers every request with this body.
  convenience init(status: Int = 200, headers: [AgentHTTPRequest.Header] = [], _ body: String) {
    self.init(status: status, headers: headers, body: Array(body.utf8))
  }

  convenience init(status: Int = 200, headers: [AgentHTTPRequest.Header] = [], body: [UInt8]) {
    self.init { _ in AgentHTTPResponse(status: status, headers: headers, body: body) }
  }

  /// What was asked so far.
  var asked: [AgentHTTPRequest] { requests.withLock { $0 } }

  func send(_ request: AgentHTTPRequest, timeout: Duration) async throws(AgentError) -> AgentHTTPResponse {
    requests.withLock { $0.append(request) }
    return try respond(request)
  }
}
