// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// What a bridge goes by, and what may change while it runs.
struct BridgeRules: Sendable, Equatable {
  /// Whether presence exists at all; where not, nobody is watched.
  var presenceEnabled = true
  /// The longest lease that is published, in milliseconds, whatever a network grants.
  var lease: Int64 = 300_000
  /// How far apart the changes of one user are in the long run, in milliseconds.
  var interval: Int64 = 1_000
  /// How many changes of one user may go out at once.
  var burst: Int64 = 4

  /// The defaults.
  init() {}
}

/// What a bridge publishes: what a network says of a user on a device.
struct BridgePublication: Sendable, Equatable {
  /// Why it is published.
  enum Kind: String, CaseIterable, Sendable {
    /// The network says something new.
    case change
    /// The lease of what is known would lapse.
    case renewal
    /// Another source speaks for the user now: the reading of the one before is given a short lease.
    case withdrawal
  }

  var kind: Kind
  var user: String
  var partition: Int32
  var source: String
  var address: String
  var device: String?
  var said: BridgeReading.Said
  var observedAt: Timestamp
  var sequence: Int64
  var leaseSeconds: Int32
  /// When what it says was taken from the network (monotonic milliseconds).
  var since: Int64
}
