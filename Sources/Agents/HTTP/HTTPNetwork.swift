// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A network that is asked by one HTTP request for one address.
protocol HTTPNetwork: Sendable {
  /// The request for an address.
  func request(for address: IMAddress) throws(AgentError) -> AgentHTTPRequest

  /// What the answer says; nil where it says nothing of the address.
  func answer(in response: AgentHTTPResponse, for address: IMAddress) throws(AgentError) -> AgentAnswer?
}

/// The agent of an `HTTPNetwork`.
struct HTTPAgent<Network: HTTPNetwork>: PresenceAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let network: Network
  let client: any AgentHTTPClient

  func presence(
    of addresses: [IMAddress], timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    var answers: [IMAddress: AgentAnswer] = [:]
    let deadline = ContinuousClock.now.advanced(by: timeout)
    for address in addresses {
      let left = ContinuousClock.now.duration(to: deadline)
      let response = try await client.send(try network.request(for: address), timeout: left)
      answers[address] = try network.answer(in: response, for: address)
    }
    return answers
  }
}
