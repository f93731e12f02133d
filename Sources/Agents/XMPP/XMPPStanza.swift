// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// A `<presence/>` stanza (RFC 6121) as a document of its own.
package enum XMPPStanza {
  /// What the stanza says.
  ///
  /// - Returns: nil where it says nothing: an error of any kind, a type that is not about being available, or a show
  ///   that is not known.
  /// - Throws: `badAnswer` where it is no presence stanza.
  package static func parsePresence(_ body: [UInt8]) throws(AgentError) -> AgentAnswer? {
    guard let root = XMLElement.parse(body), root.name == "presence" else { throw .badXML }
    let message = root.child("status")?.trimmedText
    switch root.attributes["type"] {
    case nil:
      guard root.child("error") == nil else { return nil }
      let show = root.child("show")?.trimmedText ?? ""
      // ejabberd's names for what has no show are none of the protocol's.
      guard !["available", "unavailable", "offline"].contains(show) else { return nil }
      return XMPPShow.state(of: show).map { AgentAnswer($0, message: message) }
    case "unavailable": return AgentAnswer(.offline, message: message)
    default: return nil
    }
  }
}
