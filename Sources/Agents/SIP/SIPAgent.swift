// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Asks a SIP presence server once for each need: SUBSCRIBE with `Expires: 0`, and the NOTIFY that follows (RFC 6665).
final class SIPAgent: PresenceAgent {
  /// What the agent claims.
  let descriptor: AgentDescriptor
  /// How hard the chain may press the agent.
  let limits: AgentLimits
  private let client: SIPClient

  init(descriptor: AgentDescriptor, limits: AgentLimits, client: SIPClient) {
    self.descriptor = descriptor
    self.limits = limits
    self.client = client
  }

  /// Asks for addresses: for all at once where the server takes that.
  func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    AgentTrace.note("SUBSCRIBE with Expires: 0 for \(addresses.count) address(es)")
    do throws(AgentError) {
      let answers = try await client.fetch(addresses, timeout: timeout)
      AgentTrace.note("NOTIFY with \(answers.count) state(s)")
      return answers
    } catch {
      AgentTrace.note(error.debugDescription)
      throw error
    }
  }

  /// Whether the server takes the agent's subscriptions.
  func health() async -> AgentHealth {
    let status = client.status
    guard let failure = status.lastFailure, !status.isConnected else { return .ready }
    return failure.code == .unauthorized ? .failing(failure.message) : .degraded(failure.message)
  }

  /// Closes the connection; nothing can be asked any more.
  func close() async { await client.close() }
}
