// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// A presence network agent: a small thing that claims IM addresses and knows how to ask one network.
///
/// An agent asks; that is all. The chain around it does what every agent needs: one call for many simultaneous needs,
/// time-outs, retries, limits on calls, a circuit breaker. What an agent keeps to:
///
/// a. It answers for the addresses it was asked for. One that is missing in the answer is unknown: not found and
///    forbidden look alike, and unknown never becomes online.
/// b. It parses strictly. What it does not understand is `AgentError.Code.badAnswer`, or missing, never a guess.
/// c. It stops when its task is cancelled; the chain cancels it at its time-out.
/// d. It may be called many times at once, up to `limits.maximumCalls`.
public protocol PresenceAgent: Sendable {
  /// What the agent claims; does not change during its life.
  var descriptor: AgentDescriptor { get }

  /// How hard the chain may press the agent; does not change during its life.
  var limits: AgentLimits { get }

  /// Asks the network for the presence of one or more addresses.
  ///
  /// - Parameters:
  ///   - addresses: 1 to `descriptor.maximumBatch` different addresses, all claimed by the agent or, where it is the
  ///     enterprise connection, by nobody.
  ///   - timeout: how long the chain will wait from now on.
  /// - Returns: what the network says; addresses of which it says nothing are missing.
  func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer]

  /// What the agent says of itself.
  func health() async -> AgentHealth

  /// Gives up what the agent holds, such as connections of its own; called once, when no call runs any more.
  func close() async
}

extension PresenceAgent {
  /// The default limits.
  public var limits: AgentLimits { AgentLimits() }

  /// Nothing to report.
  public func health() async -> AgentHealth { .ready }

  /// Nothing is held.
  public func close() async {}
}
