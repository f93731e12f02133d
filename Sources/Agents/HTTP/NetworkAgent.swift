// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// An agent of a network that is asked by HTTP.
protocol NetworkAgent: PresenceAgent {
  /// The way to the network.
  var connection: AgentConnection { get }
}

extension NetworkAgent {
  /// How the last exchange with the network went.
  func health() async -> AgentHealth { connection.health }
}

/// An agent whose network is asked for one address at a time.
protocol SingleAddressAgent: NetworkAgent {
  /// What the network says of an address; nil where it says nothing.
  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer?
}

extension SingleAddressAgent {
  /// Asks for one address.
  func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    guard let address = addresses.first else { return [:] }
    return try await presence(of: address, within: CallBudget(timeout)).map { [address: $0] } ?? [:]
  }
}
