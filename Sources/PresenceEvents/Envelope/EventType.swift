// SPDX-License-Identifier: Apache-2.0

/// The types of events, as CloudEvents name them in `ce_type`.
public enum EventType: UInt8, WireNamed {
  /// `presence.changes`
  case presenceChange
  /// `contact.requests`
  case contactRequest
  /// `user.profiles`
  case userProfile
  /// `portal.spaces`
  case portalSpace
  /// `presence.lookups`
  case presenceLookup
  /// `presence.snapshots`
  case presenceSnapshot
  /// `mail.dispatches`
  case mailDispatch
  /// `im.dispatches`
  case imDispatch
  /// `contact.outcomes`
  case contactOutcome

  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .presenceChange: "presence.change.v1"
    case .contactRequest: "contact.request.v1"
    case .userProfile: "user.profile.v1"
    case .portalSpace: "portal.space.v1"
    case .presenceLookup: "presence.lookup.v1"
    case .presenceSnapshot: "presence.snapshot.v1"
    case .mailDispatch: "mail.dispatch.v1"
    case .imDispatch: "im.dispatch.v1"
    case .contactOutcome: "contact.outcome.v1"
    }
  }
}

extension EventType: CustomStringConvertible {
  /// The name on the wire.
  public var description: String { "\(wireName)" }
}
