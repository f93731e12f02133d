// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// The presence documents of standard SIP: PIDF (RFC 3863) with RPID (RFC 4480), read by local names.
package enum PIDFFormat {
  /// What a document says; nil where it says nothing of the person's state.
  package static func parse(_ root: XMLElement) throws(PresenceDocument.Problem) -> AgentAnswer? {
    guard root.name == "presence" else { throw .malformed }
    let tuples = try root.children.filter { $0.name == "tuple" }.map { (element) throws(PresenceDocument.Problem) in
      try Tuple(element)
    }
    let stated = tuples.filter { $0.isOpen != nil }
    guard !stated.isEmpty else { return nil }
    let persons = root.children.filter { $0.name == "person" }
    let note = persons.lazy.compactMap { $0.note }.first ?? root.note
    guard let winner = stated.filter({ $0.isOpen == true }).max(by: Tuple.isLess) else {
      return AgentAnswer(.offline, message: note ?? stated.lazy.compactMap(\.note).first)
    }
    let activities = persons.isEmpty ? winner.activities : persons.flatMap(Self.activities) + winner.activities
    let isInactive = winner.isIdle || persons.contains(where: Self.isIdle)
    return AgentAnswer(state(of: activities), message: winner.note ?? note, isInactive: isInactive)
  }

  /// The state of an open tuple with these activities: busy before away, and everything else is online.
  static func state(of activities: [String]) -> PresenceState {
    let states = activities.compactMap { stateOfActivity[normalized($0)] }
    return states.contains(.busy) ? .busy : states.contains(.away) ? .away : .online
  }

  /// The names of all activities that change a state, without hyphens.
  static let stateOfActivity: [String: PresenceState] = {
    let busy = ["busy", "onthephone", "meeting", "presentation", "appointment", "performance", "donotdisturb", "dnd"]
    let away = [
      "away", "meal", "lunch", "breakfast", "dinner", "intransit", "travel", "vacation", "holiday", "sleeping",
      "permanentabsence",
    ]
    return Dictionary(uniqueKeysWithValues: busy.map { ($0, .busy) } + away.map { ($0, .away) })
  }()

  private static func normalized(_ name: String) -> String {
    name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
  }

  /// The activities of an element: elements, or the words of a text where old implementations write those.
  private static func activities(of element: XMLElement) -> [String] {
    var names: [String] = []
    for child in element.children {
      if child.name == "activities" {
        names += child.children.map(\.name)
        names += child.trimmedText.split { $0.isWhitespace }.map { String($0) }
      } else if child.name == "activity" {
        names.append(child.trimmedText)
      }
    }
    return names
  }

  private static func isIdle(_ element: XMLElement) -> Bool {
    element.children.contains { $0.name == "user-input" && $0.trimmedText.lowercased() == "idle" }
  }

  /// One way to reach the person.
  private struct Tuple {
    /// Nil where the tuple does not say.
    let isOpen: Bool?
    let priority: Double
    let timestamp: Timestamp
    let note: String?
    let activities: [String]
    let isIdle: Bool

    init(_ element: XMLElement) throws(PresenceDocument.Problem) {
      let status = element.child("status")
      if let basic = status?.child("basic") {
        switch basic.trimmedText.lowercased() {
        case "open": isOpen = true
        case "closed": isOpen = false
        default: throw .malformed
        }
      } else {
        isOpen = nil
      }
      let priority = element.child("contact")?.attributes["priority"].flatMap { Double($0) } ?? 0
      self.priority = (0...1).contains(priority) ? priority : 0
      timestamp =
        element.child("timestamp").flatMap { stamp in
          ByteView.withView(of: stamp.trimmedText) { Timestamp(rfc3339: $0) }
        } ?? .distantPast
      note = element.note ?? status?.note
      activities = PIDFFormat.activities(of: element) + (status.map(PIDFFormat.activities) ?? [])
      isIdle = PIDFFormat.isIdle(element) || (status.map(PIDFFormat.isIdle) ?? false)
    }

    /// Of two tuples the one of the higher priority counts, then the later one, then the first.
    static func isLess(_ left: Tuple, _ right: Tuple) -> Bool {
      (left.priority, left.timestamp) < (right.priority, right.timestamp)
    }
  }
}

extension XMLElement {
  /// The first note that says something.
  fileprivate var note: String? {
    children.lazy.filter { $0.name == "note" }.map(\.trimmedText).first { !$0.isEmpty }
  }
}
