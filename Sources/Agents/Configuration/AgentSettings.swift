// SPDX-License-Identifier: Apache-2.0

import AgentKit

/// The configuration of one type of agents: how it is read, and the agent that it makes.
///
/// A network comes in by a conformance to this and by an entry in `AgentType`.
protocol AgentSettings: Sendable {
  /// What every agent has.
  var common: CommonAgentConfiguration { get }

  /// How many addresses the agent takes in one call.
  var maximumBatch: Int { get }

  /// Reads the settings, and reports whatever is wrong in them.
  init(_ reader: ConfigurationReader, isEnterprise: Bool)

  /// Makes the agent.
  ///
  /// - Throws: where a secret cannot be had.
  func makeAgent(_ connection: AgentConnection, path: String) throws(ConfigurationProblem) -> any PresenceAgent
}

extension AgentSettings {
  /// One.
  var maximumBatch: Int { 1 }

  /// The pure part of the agent.
  var descriptor: AgentDescriptor { common.descriptor(maximumBatch: maximumBatch) }
}

/// The configuration of a type of agents whose network also tells by itself.
protocol LiveAgentSettings: AgentSettings {
  /// Makes the standing subscriptions.
  ///
  /// - Throws: where a secret cannot be had.
  func makeSubscriber(
    _ credentials: Credentials,
    path: String
  ) throws(ConfigurationProblem) -> any PresenceSubscriber
}
