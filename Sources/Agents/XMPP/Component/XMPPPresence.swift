// SPDX-License-Identifier: Apache-2.0

package import PresenceModel

/// A presence stanza (RFC 6121) that a server has routed to a component.
package struct XMPPPresence: Equatable, Sendable {
  /// What it is about.
  package enum Kind: Equatable, Sendable {
    case available(PresenceState)
    case unavailable
    case subscribe
    case subscribed
    case unsubscribe
    case unsubscribed
    case probe
    /// With the condition, and whether it may be another one later.
    case error(String, isTransient: Bool)
  }

  /// A status message in one language; in none where the stanza does not say which.
  struct Status: Equatable, Sendable {
    var language: String?
    var text: String
  }

  /// Who says so.
  package let from: XMPPAddress
  /// To whom.
  package let to: XMPPAddress
  /// What it is about.
  package let kind: Kind
  /// The priority of the resource.
  package let priority: Int
  let statuses: [Status]

  /// Reads a stanza.
  ///
  /// - Throws: `malformed` where it is none that RFC 6121 knows, `unknownShow` where it has another show.
  package init(_ stanza: XMLElement) throws(XMPPRefusal) {
    guard stanza.name == "presence", let from = stanza.attributes["from"].flatMap(XMPPAddress.init),
      let to = stanza.attributes["to"].flatMap(XMPPAddress.init)
    else { throw .malformed }
    self.from = from
    self.to = to
    switch stanza.attributes["type"] {
    case nil:
      let show = stanza.child("show")?.trimmedText ?? ""
      // ejabberd's names for what has no show are none of the protocol's.
      guard !["available", "unavailable", "offline"].contains(show), let state = XMPPShow.state(of: show) else {
        throw .unknownShow
      }
      kind = .available(state)
    case "unavailable": kind = .unavailable
    case "subscribe": kind = .subscribe
    case "subscribed": kind = .subscribed
    case "unsubscribe": kind = .unsubscribe
    case "unsubscribed": kind = .unsubscribed
    case "probe": kind = .probe
    case "error":
      let error = stanza.child("error")
      let condition = error?.children.first { $0.name != "text" }?.name ?? "undefined-condition"
      kind = .error(condition, isTransient: Self.isTransient(condition, type: error?.attributes["type"]))
    default: throw .malformed
    }
    if let text = stanza.child("priority")?.trimmedText {
      guard let priority = Int(text), (-128...127).contains(priority) else { throw .malformed }
      self.priority = priority
    } else {
      priority = 0
    }
    statuses = stanza.children.lazy.filter { $0.name == "status" }.prefix(16).map {
      Status(language: $0.attributes["lang"]?.lowercased(), text: $0.trimmedText)
    }
  }

  /// The status message: in the first of these languages in which there is one, else the one without a language, else
  /// the first. `de` also means `de-AT`.
  package func message(in languages: [String]) -> String? {
    for language in languages {
      let match = statuses.first { $0.language == language || $0.language?.hasPrefix("\(language)-") == true }
      if let match { return match.text }
    }
    return (statuses.first { $0.language == nil } ?? statuses.first)?.text
  }

  /// Whether an error speaks of the way to the address, rather than of the address.
  static func isTransient(_ condition: String, type: String?) -> Bool {
    switch condition {
    case "remote-server-not-found", "remote-server-timeout", "resource-constraint", "internal-server-error": true
    default: type == "wait"
    }
  }
}

/// Why something that came in changes nothing.
package enum XMPPRefusal: String, Error, Sendable {
  /// It is no stanza as specified.
  case malformed
  /// It has more bytes than are taken.
  case tooLarge
  /// It comes from somebody who is not asked for.
  case unwatchedSource
  /// It is for somebody else.
  case misdirected
  /// It is no presence, and nothing that was asked for.
  case unexpected
  /// Its show is none of RFC 6121's.
  case unknownShow
  /// It says that somebody is gone who has never allowed to be seen: servers say so of everybody.
  case unconfirmed
  /// It is of one more resource than are taken.
  case tooManyResources
}
