// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// What ejabberd's `mod_webpresence` answers as XML:
/// `<presence user='jane' server='corp.example'><resource name='desk' show='away' priority='0'>Lunch</resource></presence>`
package enum WebPresenceFormat {
  /// All resources of a user, aggregated. None is offline.
  ///
  /// - Returns: nil where no resource has a show that is known.
  /// - Throws: `badAnswer` where it is no such document, or one of somebody else.
  package static func parse(_ body: [UInt8], user: String, server: String) throws(AgentError) -> AgentAnswer? {
    guard let root = XMLElement.parse(body), root.name == "presence", root.attributes["user"] == user,
      root.attributes["server"] == server
    else { throw .badXML }
    if root.children.isEmpty { return AgentAnswer(.offline) }
    var readings: [XMPPShow.Reading] = []
    for resource in root.children {
      guard resource.name == "resource", let show = resource.attributes["show"] else { throw .badXML }
      guard let state = XMPPShow.state(of: show) else { continue }
      readings.append(
        XMPPShow.Reading(
          state: state,
          message: resource.trimmedText,
          priority: resource.attributes["priority"].flatMap(Int.init) ?? 0
        )
      )
    }
    return XMPPShow.combine(readings)
  }
}
