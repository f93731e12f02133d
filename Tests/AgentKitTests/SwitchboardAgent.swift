// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Asks a telephone switchboard what the lines of some extensions do.
struct SwitchboardAgent: PresenceAgent {
  let descriptor = AgentDescriptor(
    name: "switchboard",
    claims: [ClaimRule(scheme: .schemeOrBare(.sip), domain: GlobPattern("phone.example"))],
    launch: .communicator,
    freshness: .seconds(30),
    maximumBatch: 50
  )

  /// What the lines of extensions do; extensions that the switchboard does not know are missing.
  let lines: @Sendable ([String]) async throws -> [String: String]

  func presence(of addresses: [IMAddress], timeout: Duration) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    let activities: [String: String]
    do {
      activities = try await lines(addresses.map(\.local))
    } catch {
      throw AgentError(.connectionFailed, "The switchboard does not answer.", detail: "\(error)")
    }
    var answers: [IMAddress: AgentAnswer] = [:]
    for address in addresses {
      switch activities[address.local] {
      case "IDLE": answers[address] = AgentAnswer(.online)
      case "RINGING", "TALKING": answers[address] = AgentAnswer(.busy, message: "On the phone")
      case "UNREGISTERED": answers[address] = AgentAnswer(.offline)
      default: break  // unknown never becomes online
      }
    }
    return answers
  }
}
