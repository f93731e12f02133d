// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// What a network says by itself of one address, on one device where it tells devices apart.
public struct LiveReading: Hashable, Sendable {
  /// The address, as it was given to `watch`.
  public var address: IMAddress
  /// The device; nil where the network speaks of the whole identity.
  public var device: String?
  /// The state.
  public var state: PresenceState
  /// The status message; nil where there is none. At most `AgentAnswer.maximumMessageBytes` bytes.
  public var statusMessage: String?
  /// When the network said so. Of one address and device, later readings have later moments.
  public var observedAt: Timestamp
  /// The network's own order of its readings, where it has one.
  public var sequence: Int64?
  /// For how many seconds the reading holds unless the network says something again: at most the rest of the
  /// subscription, so that nobody stays online because the one who watched has died. The subscriber renews it earlier.
  public var leaseSeconds: Int

  /// A reading.
  public init(
    address: IMAddress,
    device: String? = nil,
    state: PresenceState,
    statusMessage: String? = nil,
    observedAt: Timestamp,
    sequence: Int64? = nil,
    leaseSeconds: Int
  ) {
    self.address = address
    self.device = device
    self.state = state
    self.statusMessage = AgentAnswer(state, message: statusMessage).statusMessage
    self.observedAt = observedAt
    self.sequence = sequence
    self.leaseSeconds = leaseSeconds
  }
}

/// What a subscriber tells.
public enum LiveEvent: Hashable, Sendable {
  /// The network says something, or says again what holds.
  case reading(LiveReading)
  /// Nothing is heard of the address any more. What was said before holds until its lease lapses; the subscriber goes
  /// on trying, with pauses that grow, and a reading tells that it has succeeded.
  case lost(IMAddress, AgentError)
  /// The network does not let the address be watched, or does not know it, which look alike. It is tried again, but
  /// only after a long pause.
  case refused(IMAddress, AgentError)

  /// The address that it is about.
  public var address: IMAddress {
    switch self {
    case .reading(let reading): reading.address
    case .lost(let address, _), .refused(let address, _): address
    }
  }
}
