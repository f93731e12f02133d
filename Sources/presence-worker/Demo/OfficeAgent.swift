// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization

/// The presence network of the simulated office: it knows the people who chat as `…@chat.example`.
///
/// It takes a moment to answer, as networks do, so that a contact request can be seen waiting for it.
final class OfficeAgent: PresenceAgent {
  let descriptor = AgentDescriptor(
    name: "office-chat",
    claims: [ClaimRule(domain: GlobPattern("chat.example"))],
    launch: .xmpp,
    freshness: .seconds(15)
  )
  private let states = Mutex<[String: (state: PresenceState, message: String?)]>([:])

  /// What the network says from now on.
  func set(_ address: String, _ state: PresenceState, message: String?) {
    states.withLock { $0[address] = (state, message) }
  }

  func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    do {
      try await Task.sleep(for: .milliseconds(150))
    } catch {
      throw AgentError(.cancelled, "The call was cancelled.")
    }
    return states.withLock { states in
      var answers: [IMAddress: AgentAnswer] = [:]
      for address in addresses {
        if let known = states[address.body] { answers[address] = AgentAnswer(known.state, message: known.message) }
      }
      return answers
    }
  }
}
