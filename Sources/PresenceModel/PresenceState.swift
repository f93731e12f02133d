// SPDX-License-Identifier: Apache-2.0

/// The four states that a portal shows.
///
/// There is no idle state: a source that only says "inactive, still connected" means `online`. "No information" is not
/// a state but a `PresenceQuality`.
@frozen
public enum PresenceState: UInt8, CaseIterable, Sendable {
  /// Not connected, or not known to be.
  case offline = 0
  /// Connected, and said to be away.
  case away = 1
  /// Connected and free to talk.
  case online = 2
  /// Connected and not to be disturbed.
  case busy = 3

  /// The state's name on the wire, such as `busy`.
  @inlinable
  public var wireName: StaticString {
    switch self {
    case .offline: "offline"
    case .away: "away"
    case .online: "online"
    case .busy: "busy"
    }
  }

  /// The state's name for people, such as `Busy`: the tooltip where there is no status message.
  @inlinable
  public var displayName: StaticString {
    switch self {
    case .offline: "Offline"
    case .away: "Away"
    case .online: "Online"
    case .busy: "Busy"
    }
  }

  /// The state of a name on the wire; `idle` is accepted and means online.
  @inlinable
  public init?(wireName: ByteView) {
    switch wireName {
    case ByteView("online"), ByteView("idle"): self = .online
    case ByteView("busy"): self = .busy
    case ByteView("away"): self = .away
    case ByteView("offline"): self = .offline
    default: return nil
    }
  }
}

extension PresenceState: CustomStringConvertible {
  /// The name on the wire.
  public var description: String { String(describing: wireName) }
}

/// How much a published state is worth.
@frozen
public enum PresenceQuality: UInt8, CaseIterable, Sendable {
  /// Nothing is known; shown as offline.
  case unknown = 0
  /// Pushed and not lapsed, or looked up and within its validity.
  case fresh = 1
  /// The last known state, whose source could not be asked again.
  case stale = 2
  /// Presence is switched off for this user or everywhere.
  case disabled = 3

  /// The quality's name on the wire.
  @inlinable
  public var wireName: StaticString {
    switch self {
    case .unknown: "unknown"
    case .fresh: "fresh"
    case .stale: "stale"
    case .disabled: "disabled"
    }
  }

  /// The quality of a name on the wire.
  @inlinable
  public init?(wireName: ByteView) {
    switch wireName {
    case ByteView("unknown"): self = .unknown
    case ByteView("fresh"): self = .fresh
    case ByteView("stale"): self = .stale
    case ByteView("disabled"): self = .disabled
    default: return nil
    }
  }
}

extension PresenceQuality: CustomStringConvertible {
  /// The name on the wire.
  public var description: String { String(describing: wireName) }
}
