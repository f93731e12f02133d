// SPDX-License-Identifier: Apache-2.0

/// What an agent says of itself, for operators; the chain judges agents by their answers and not by this.
public enum AgentHealth: Hashable, Sendable {
  /// Nothing to report.
  case ready
  /// Works, but not as it should.
  case degraded(String)
  /// Cannot answer, such as for want of a credential.
  case failing(String)
}
