// SPDX-License-Identifier: Apache-2.0

public import AgentKit

/// The agents of one version of the configuration, ready to be asked by a resolver.
public struct AgentRoster: Sendable {
  /// The agents.
  public let chain: PresenceChain<ContinuousClock>
  /// Gives up what the agents hold, such as connections.
  let release: @Sendable () async -> Void

  /// A roster.
  ///
  /// - Parameters:
  ///   - chain: the agents; whoever gets the roster runs it.
  ///   - release: is called once, when the chain has ended.
  public init(chain: PresenceChain<ContinuousClock>, release: @escaping @Sendable () async -> Void = {}) {
    self.chain = chain
    self.release = release
  }

  /// Gives up what the agents hold, where nobody will run them.
  public func abandon() async { await release() }
}
