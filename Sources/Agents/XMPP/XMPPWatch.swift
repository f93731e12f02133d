// SPDX-License-Identifier: Apache-2.0

import Crypto
import PresenceModel

/// What is known of one user who is watched.
struct XMPPWatch: Sendable {
  /// What is waited for.
  enum Phase: Sendable {
    /// The next turn.
    case idle
    /// The first answer to a probe.
    case probing
    /// The other answers to it.
    case settling
    /// The user's consent.
    case asking
  }

  /// A resource that was there when it was last heard of.
  struct Resource: Sendable {
    var device: String?
    var heardAt: Duration
    /// When it is told that the resource is gone, and with which message.
    var leavesAt: Duration?
    var farewell: String?
  }

  /// Nobody was there when the user was last heard of.
  struct Offline: Sendable {
    var message: String?
  }

  /// A turn of a user; means nothing any more once another one is scheduled.
  struct Turn: Sendable {
    var bare: String
    var number: UInt64
  }

  /// The addresses that mean the user, as they were given.
  var addresses: Set<IMAddress>
  var phase = Phase.idle
  /// Whether the server tells of the user on this connection.
  var isActive = false
  /// Whether the user is known to have allowed it.
  var isAllowed = false
  var isRefused = false
  /// By resource; the empty one is of the bare JID.
  var resources: [String: Resource] = [:]
  var knownOffline: Offline?
  var probedAt = Duration.zero
  /// How many probes in a row were not answered, and how often in a row the user was lost for that or another reason.
  var silences = 0
  var setbacks = 0
  var askedAt: Duration?
  var observedAt: Int64 = 0
  var turn: UInt64 = 0

  init(addresses: Set<IMAddress>) { self.addresses = addresses }

  /// The server tells of the user.
  mutating func becomeActive() {
    isActive = true
    isRefused = false
    silences = 0
    setbacks = 0
  }

  /// The device of a resource: people name resources after themselves and their machines, and clients at random and at
  /// any length, so it is the beginning of a hash.
  static func device(of resource: String?) -> String? {
    resource.map { Hexadecimal.encode(SHA256.hash(data: Array($0.utf8)).prefix(8)) }
  }
}
