// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization

/// A presence network of the simulated office.
///
/// It takes a moment to answer, as networks do, so that a contact request can be seen waiting for it.
final class OfficeAgent: PresenceAgent {
  let descriptor: AgentDescriptor
  private let states = Mutex<[String: (state: PresenceState, message: String?)]>([:])

  init(_ descriptor: AgentDescriptor) { self.descriptor = descriptor }

  /// The network of the people who have chosen an address of their own.
  static func chat() -> OfficeAgent {
    OfficeAgent(
      AgentDescriptor(
        name: "office-chat",
        claims: [ClaimRule(domain: GlobPattern("chat.example"))],
        launch: .xmpp,
        freshness: .seconds(15)
      )
    )
  }

  /// The enterprise's server: it pushes changes by itself, and can be asked too.
  static func server() -> OfficeAgent {
    OfficeAgent(
      AgentDescriptor(name: "office-server", claims: [ClaimRule(scheme: .scheme(.sip))], launch: .communicator)
    )
  }

  /// What the network says of an address from now on.
  func set(_ address: String, _ state: PresenceState, message: String) {
    states.withLock { $0[address] = (state, message.isEmpty ? nil : message) }
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
        if let known = states[address.text] { answers[address] = AgentAnswer(known.state, message: known.message) }
      }
      return answers
    }
  }
}
