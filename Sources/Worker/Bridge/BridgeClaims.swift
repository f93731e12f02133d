// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Which agent speaks for an address, and whether its network tells by itself.
struct BridgeClaims: Sendable {
  private let directory: AgentDirectory
  private let live: Set<String>

  /// The agents, and the names of those that have a subscriber.
  init(_ directory: AgentDirectory, live: Set<String>) {
    self.directory = directory
    self.live = live
  }

  /// The agent that claims an address, where its network tells by itself. An address whose agent has to be asked is
  /// nobody else's (presence rule 3).
  func source(of address: IMAddress) -> String? {
    guard let index = directory.claim(address) else { return nil }
    let name = directory[index].name
    return live.contains(name) ? name : nil
  }
}
