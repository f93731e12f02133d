// SPDX-License-Identifier: Apache-2.0

/// The presence servers that are spoken to over SIP; the names are those of agent types and of enterprise adapters.
enum SIPAdapter: String, CaseIterable, Hashable, Sendable {
  /// Any server of the SIMPLE standards.
  case simple = "sip-simple"
  /// Microsoft Live Communications Server 2005.
  case lcs2005
  /// Microsoft Office Communications Server 2007.
  case ocs2007
  /// Microsoft Lync Server 2010.
  case lync2010

  /// Whether it is one of Microsoft's.
  var isMicrosoft: Bool { self != .simple }

  /// What is accepted in notifications.
  var accept: String {
    switch self {
    case .simple: "application/pidf+xml"
    case .lcs2005: "application/rlmi+xml, text/xml+msrtc.pidf, multipart/related"
    case .ocs2007, .lync2010:
      "application/msrtc-event-categories+xml, text/xml+msrtc.pidf, application/pidf+xml, application/rlmi+xml, "
        + "multipart/related"
    }
  }
}

/// How SIP messages travel.
enum SIPTransport: String, CaseIterable, Hashable, Sendable {
  case udp
  case tcp
  case tls

  /// The name in `Via`.
  var viaName: String { rawValue.uppercased() }
  /// The port where none is said.
  var defaultPort: Int { self == .tls ? 5_061 : 5_060 }
}

/// What a client of a SIP presence server needs to know.
struct SIPSettings: Hashable, Sendable {
  var adapter: SIPAdapter
  /// The server's host, a name or an address, and its port.
  var host: String
  var port: Int
  var transport: SIPTransport
  /// Who subscribes: a SIP URI.
  var identity: String
  /// The domain of addresses that have none.
  var userDomain: String?
  var credentials = Credentials.none
  /// How long a subscription is asked for.
  var expires: Duration = .seconds(600)
  /// How long an answer may take.
  var timeout: Duration = .seconds(10)
  /// How often a silent server is asked whether it is there.
  var keepAlive: Duration = .seconds(30)
  /// How many people one subscription is for, where the server takes several.
  var batch = 100
  /// How many requests may wait for answers at once.
  var maximumRequests = 64
  /// The longest body that is taken.
  var maximumBodyBytes = 262_144
  var tls = TLS()

  /// How TLS shows and checks who is who.
  struct TLS: Hashable, Sendable {
    /// A PEM file of certificate authorities that count instead of the system's.
    var caFile: String?
    /// A PEM file of the client's certificate chain.
    var certificateFile: String?
    /// A PEM file of the client's private key.
    var keyFile: String?
  }

  /// Whether a subscription is for a list of people, even of one. LCS 2005 can do without, OCS 2007 and Lync 2010 cannot.
  var isBatching: Bool { adapter.isMicrosoft && (adapter != .lcs2005 || batch > 1) }

  /// How many people one subscription is for.
  var membersPerSubscription: Int { isBatching ? batch : 1 }
}
