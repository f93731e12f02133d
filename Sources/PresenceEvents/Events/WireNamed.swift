// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// A closed list of names on the wire.
public protocol WireNamed: CaseIterable, Sendable {
  /// The name on the wire.
  var wireName: StaticString { get }
  /// The case of a name on the wire; nil where there is none.
  init?(wireName: ByteView)
}

extension WireNamed {
  /// The case of a name on the wire; nil where there is none.
  public init?(wireName: ByteView) {
    for choice in Self.allCases where ByteView(choice.wireName) == wireName {
      self = choice
      return
    }
    return nil
  }

  /// All names, for messages.
  static var allWireNames: String { allCases.map { "\($0.wireName)" }.joined(separator: ", ") }
}

extension PresenceState: WireNamed {}
extension PresenceQuality: WireNamed {}

extension Reading.Standing: WireNamed {
  /// Every standing.
  public static let allCases: [Reading.Standing] = [.live, .superseded, .lapsed]

  /// The name on the wire; a live reading is written without it.
  public var wireName: StaticString {
    switch self {
    case .live: "live"
    case .superseded: "superseded"
    case .lapsed: "lapsed"
    }
  }
}

extension ContactRequest.MailCredentials: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .stored: "stored"
    case .required: "required"
    }
  }
}

extension ContactRequest.MailClient: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .portal: "portal"
    case .local: "local"
    }
  }
}

extension ContactRequest.Channel: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .auto: "auto"
    case .mail: "mail"
    case .im: "im"
    }
  }
}

extension PresenceLookup.Reason: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .asked: "asked"
    case .contact: "contact"
    case .interest: "interest"
    case .addressChanged: "addressChanged"
    }
  }
}

extension MailDispatch.Reason: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .requested: "requested"
    case .recipientBusy: "recipientBusy"
    case .recipientAway: "recipientAway"
    case .recipientOffline: "recipientOffline"
    case .presenceUnknown: "presenceUnknown"
    case .imUnavailable: "imUnavailable"
    }
  }
}

extension ContactOutcome.Verdict: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .dispatched: "dispatched"
    case .rejected: "rejected"
    case .expired: "expired"
    }
  }
}

extension ContactOutcome.Reason: WireNamed {
  /// The name on the wire.
  public var wireName: StaticString {
    switch self {
    case .noSuchUser: "noSuchUser"
    case .selfContact: "selfContact"
    case .impDisabled: "impDisabled"
    case .channelUnavailable: "channelUnavailable"
    case .noMailAddress: "noMailAddress"
    case .noSenderAddress: "noSenderAddress"
    case .recipientOffline: "recipientOffline"
    case .tooManyRequests: "tooManyRequests"
    }
  }
}
