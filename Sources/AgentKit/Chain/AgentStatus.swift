// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// What a chain knows of one of its agents at a moment: for `presence-worker agents` and for metrics.
public struct AgentStatus: Sendable {
  /// What has happened since the chain was made.
  public struct Counters: Hashable, Sendable {
    /// Needs that came in.
    public var needs = 0
    /// Needs that joined a call which another need had caused.
    public var joined = 0
    /// Calls that started, repeated ones among them.
    public var calls = 0
    /// Calls that started once more after a transient failure, counted by address.
    public var retries = 0
    /// Calls that got an answer.
    public var answeredCalls = 0
    /// Calls that failed.
    public var failedCalls = 0
    /// Needs that ended with a state.
    public var answered = 0
    /// Needs that ended as unknown.
    public var unknown = 0
    /// Needs that ended with a failure, by code.
    public var failed: [AgentError.Code: Int] = [:]

    /// Nothing has happened.
    public init() {}
  }

  /// The agent's name.
  public let name: String
  /// Whether it is the active enterprise connection.
  public let isEnterprise: Bool
  /// What its circuit breaker lets through.
  public let circuit: CircuitState
  /// Calls that run.
  public let runningCalls: Int
  /// Addresses that wait for a call.
  public let queuedAddresses: Int
  /// Needs that wait for an answer.
  public let waitingNeeds: Int
  /// The failures that are remembered.
  public let rememberedFailures: Int
  /// The last failure and its moment.
  public let lastFailure: (error: AgentError, at: Timestamp)?
  /// What has happened so far.
  public let counters: Counters
}
