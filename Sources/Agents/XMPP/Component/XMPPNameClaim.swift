// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Makes sure that nobody else is connected by the component's name.
///
/// A server of the letter of XEP-0114, such as Prosody, refuses a second connection. ejabberd takes it, and deals what
/// comes for the name out to both at random, so that each would miss half of it. So a component first sends pings to
/// itself: where one does not come back, the name is somebody else's, too.
struct XMPPNameClaim: Sendable {
  /// How many pings are sent: two who share a name take it for theirs once in 2¹⁶ times.
  static let pings = 16
  /// How long they may take.
  static let patience = Duration.seconds(3)

  private let component: String
  private let nonce: String
  private var missing: Set<String>
  private let deadline: Duration

  init(component: String, nonce: UInt64, at time: Duration) {
    self.component = component
    let nonce = String(nonce, radix: 36)
    self.nonce = nonce
    missing = Set((0..<Self.pings).map { "claim-\(nonce)-\($0)" })
    deadline = time + Self.patience
  }

  /// What is sent: from and to addresses that differ, since some servers deal by them.
  var stanzas: String {
    missing.sorted().map {
      XMPPStanzas.ping($0, from: "\($0)@\(component)", to: "\($0)@\(component)")
    }.joined()
  }

  /// How it stands.
  enum Standing: Equatable {
    case open(until: Duration)
    case own
    case shared
  }

  func standing(at time: Duration) -> Standing {
    if missing.isEmpty { return .own }
    return time < deadline ? .open(until: deadline) : .shared
  }

  /// Takes a ping back.
  mutating func received(_ id: String) { missing.remove(id) }

  /// Whether this is the ping of a claim of this name, whoever makes it.
  static func isClaim(_ id: String, from source: XMPPAddress, component: String) -> Bool {
    id.hasPrefix("claim-") && source.domain == component
  }
}
