// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// What came of a need.
struct NeedEnding: Sendable, Equatable {
  var outcome: AgentOutcome
  /// The moment at which the call started; where there was none, the moment of the decision.
  var observedAt: Timestamp
  /// Whether a call was made for it, be it one that was remembered.
  var wasCalled: Bool
}
