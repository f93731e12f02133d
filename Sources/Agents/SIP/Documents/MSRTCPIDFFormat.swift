// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// The presence document of Live Communications Server 2005, `text/xml+msrtc.pidf`; read by local names, as two
/// namespaces are in use.
package enum MSRTCPIDFFormat {
  /// What a document says; nil for numbers that the server's documents do not define.
  package static func parse(_ root: XMLElement) throws(PresenceDocument.Problem) -> AgentAnswer? {
    guard root.name == "presentity", let availability = number("availability", in: root) else { throw .malformed }
    let note = root.child("userInfo")?.firstDescendant("note")?.trimmedText
    if availability < 100 { return AgentAnswer(.offline, message: note) }
    guard let activity = number("activity", in: root) else { throw .malformed }
    guard let (state, isInactive) = state(ofActivity: activity) else { return nil }
    return AgentAnswer(state, message: note, isInactive: isInactive)
  }

  /// The state of an activity of somebody who is available; nil below 100, which is not defined.
  static func state(ofActivity activity: Int) -> (state: PresenceState, isInactive: Bool)? {
    switch activity {
    case ..<100: nil
    case 100...199: (.away, false)
    case 200...299: (.online, true)
    case 300...399: (.away, false)
    case 400...499: (.online, false)
    case 500...699: (.busy, false)
    case 700...799: (.away, false)
    default: (.online, false)
    }
  }

  private static func number(_ name: String, in root: XMLElement) -> Int? {
    root.child(name)?.attributes["aggregate"].flatMap { Int($0) }
  }
}

extension XMLElement {
  /// The first element of that name at any depth, in document order.
  func firstDescendant(_ name: String) -> XMLElement? {
    for child in children {
      if child.name == name { return child }
      if let found = child.firstDescendant(name) { return found }
    }
    return nil
  }
}
