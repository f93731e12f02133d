// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// What a chain found for a need.
public struct PresenceFinding: Hashable, Sendable {
  /// What became of it.
  public var outcome: AgentOutcome
  /// The agent that claims the address; nil where none does.
  public var agent: String?
  /// The moment at which the call started; where there was none, the moment at which that was decided.
  public var observedAt: Timestamp
  /// How long an answer is fresh from `observedAt` on; nil where there is no answer.
  public var validFor: Duration?
  /// Whether the agent was called, for this need or for another one that this need shared the call with.
  public var wasCalled: Bool

  /// A finding.
  public init(
    outcome: AgentOutcome,
    agent: String?,
    observedAt: Timestamp,
    validFor: Duration? = nil,
    wasCalled: Bool
  ) {
    self.outcome = outcome
    self.agent = agent
    self.observedAt = observedAt
    self.validFor = validFor
    self.wasCalled = wasCalled
  }
}
