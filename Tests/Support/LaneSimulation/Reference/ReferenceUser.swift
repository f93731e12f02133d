// SPDX-License-Identifier: Apache-2.0

/// What one source says of one identity on one device, as plain values.
struct ReferenceReading: Equatable {
  var imAddress: String?
  var source: String
  var device: String?
  var state: String
  var message: String?
  var observedAt: Int64
  var sequence: Int?
  /// Until when a looked-up state is fresh; nil for a pushed one.
  var validUntil: Int64?
  /// For how long it holds unless renewed; nil where it has no lease.
  var leaseSeconds: Int?
  /// Whether it still speaks for its identity.
  var standing = Standing.live
  /// When the lease was renewed last, as the process knows that has it; nobody else does.
  var renewedAt: Int64 = 0

  /// What a reading is worth.
  enum Standing: String {
    case live, superseded, lapsed
  }

  var isLive: Bool { standing == .live }
  var isLookedUp: Bool { validUntil != nil }

  /// What of it is published.
  var published: ReferenceReading {
    var reading = self
    reading.renewedAt = 0
    return reading
  }
}

/// What the portal says of a user.
struct ReferenceProfile: Equatable {
  var displayName: String?
  var mail: String?
  var enterpriseAddress: String?
  var networkAddress: String?
  var networkName: String?
  var presenceEnabled = true
  var updatedAt: Int64?

  /// The address that counts whatever events say.
  var address: String? { networkAddress ?? enterpriseAddress }
}

/// What a reader is shown: a snapshot is published when any of it changes (presence rule 8).
struct ReferenceView: Equatable {
  var displayName: String
  var imAddress: String?
  var state: String
  var message: String?
  var quality: String
  var actions: [String]
  var validUntil: Int64?
}

/// Who is asked for, and what has been done about it: known to one process, and lost with it.
struct ReferenceInterest: Equatable {
  /// Until when the user is kept refreshed.
  var until: Int64 = 0
  /// When the next look-up is due; nil for none.
  var refreshAt: Int64?
  /// When the look-up that is under way was wished for, and until when it may be answered.
  var wishedAt: Int64 = 0
  var answeredBy: Int64 = 0
  /// Until when a failure is remembered.
  var failedUntil: Int64 = 0
}

/// A user, by the presence rules of the contract.
struct ReferenceUser: Equatable {
  var name: String
  /// When the user became known, in the log's time.
  var creation: Int64
  /// The version of the last snapshot.
  var version = 0
  var readings: [ReferenceReading] = []
  var profile: ReferenceProfile?
  var lookupFailed = false
  /// The address that was published, for a successor whose profile has none: an event has said it, in a reading that was
  /// not worth publishing.
  var publishedAddress: String?
  var interest = ReferenceInterest()
  /// When the user was deleted; nil for one that is there.
  var deletedAt: Int64?

  init(name: String, creation: Int64) {
    self.name = name
    self.creation = creation
  }

  /// Rule 2: the network's address, else the enterprise's, else the one in the events, of which the latest counts; of two
  /// at the same moment the one further behind. Where no reading is left that has one, the one that was published.
  var identity: String? {
    if let address = profile?.address { return address }
    let addressed = readings.filter { $0.imAddress != nil }
    guard let latest = addressed.map(\.observedAt).max() else { return publishedAddress }
    return addressed.last { $0.observedAt == latest }?.imAddress
  }

  /// Whether what is said of an address is said of the identity that counts; no address is the enterprise's identity.
  func counts(_ address: String?) -> Bool {
    guard let address else { return profile?.networkAddress == nil }
    return address.lowercased() == identity?.lowercased()
  }

  /// Rule 6, `busyFirst`: live pushed readings before a looked-up one, busy before online before away before offline,
  /// then the latest.
  var winner: ReferenceReading? {
    let live = readings.filter { $0.isLive && counts($0.imAddress) }
    let pushed = live.filter { !$0.isLookedUp }
    let rank = ["offline": 0, "away": 1, "online": 2, "busy": 3]
    return (pushed.isEmpty ? live : pushed).max {
      (rank[$0.state]!, $0.observedAt) < (rank[$1.state]!, $1.observedAt)
    }
  }

  /// Whether an IM client can be launched: the simulation's one agent claims SIP addresses.
  var canBeReachedByIM: Bool {
    profile?.presenceEnabled != false && identity?.hasPrefix("sip:") == true
  }

  var view: ReferenceView {
    let isDisabled = profile?.presenceEnabled == false
    let shown = isDisabled ? nil : winner
    var actions = ["viewProfile"]
    if profile?.mail != nil { actions.append("sendMail") }
    if canBeReachedByIM { actions.append("sendInstantMessage") }
    return ReferenceView(
      displayName: (profile?.networkAddress == nil ? nil : profile?.networkName) ?? profile?.displayName ?? name,
      imAddress: identity,
      state: shown?.state ?? "offline",
      message: shown?.message,
      quality: isDisabled ? "disabled" : shown == nil ? "unknown" : lookupFailed ? "stale" : "fresh",
      actions: actions,
      validUntil: shown?.validUntil
    )
  }
}
