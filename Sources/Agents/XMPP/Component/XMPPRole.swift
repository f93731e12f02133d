// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A moment, on the clock that only goes forward and on the one that people read.
struct XMPPMoment: Sendable {
  /// The time since the connection was made for the first time.
  var time: Duration
  /// What people's clocks show.
  var wall: Timestamp
}

/// What a component does on its connection: a machine without a clock and without a socket.
///
/// It answers each call by what it leaves in `outbox` and `effects`, which the link takes out.
protocol XMPPRole: Sendable {
  associatedtype Effect: Sendable

  /// What is to be sent.
  var outbox: String { get set }
  /// What is to be told.
  var effects: [Effect] { get set }

  /// A connection is being made.
  mutating func connecting()

  /// The server has taken the component.
  mutating func opened(as component: String, at moment: XMPPMoment)

  /// A presence that is for the component.
  mutating func received(_ presence: XMPPPresence, at moment: XMPPMoment) throws(XMPPRefusal)

  /// The answer to a request of the role.
  mutating func answered(
    _ id: String,
    by source: XMPPAddress,
    failure: XMPPPresence.Kind?,
    at moment: XMPPMoment
  ) throws(XMPPRefusal)

  /// Something was refused and has changed nothing.
  mutating func refused(_ reason: XMPPRefusal)

  /// The connection has ended, or did not come about.
  mutating func closed(_ error: AgentError, at moment: XMPPMoment)

  /// Does what is due by now.
  ///
  /// - Returns: when there is more to be done; nil where nothing is.
  mutating func advance(at moment: XMPPMoment) -> Duration?
}

extension XMPPRole {
  mutating func connecting() {}
}
