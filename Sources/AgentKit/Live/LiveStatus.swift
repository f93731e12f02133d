// SPDX-License-Identifier: Apache-2.0

/// How a subscriber stands, for metrics and operators; names nobody.
public struct LiveStatus: Hashable, Sendable {
  /// Whether there is a connection to the network, or, without connections, an answer of late.
  public var isConnected: Bool
  /// How many addresses are to be watched.
  public var watched: Int
  /// How many of them the network has agreed to tell of.
  public var active: Int
  /// How many readings came in.
  public var readings: UInt64
  /// How many subscriptions were lost.
  public var losses: UInt64
  /// What was refused and has changed nothing, by the reason; reasons are of a short, fixed list.
  public var refusals: [String: UInt64]
  /// The last failure of the connection or of a subscription.
  public var lastFailure: AgentError?

  /// A subscriber that has done nothing yet.
  public init(
    isConnected: Bool = false,
    watched: Int = 0,
    active: Int = 0,
    readings: UInt64 = 0,
    losses: UInt64 = 0,
    refusals: [String: UInt64] = [:],
    lastFailure: AgentError? = nil
  ) {
    self.isConnected = isConnected
    self.watched = watched
    self.active = active
    self.readings = readings
    self.losses = losses
    self.refusals = refusals
    self.lastFailure = lastFailure
  }
}
