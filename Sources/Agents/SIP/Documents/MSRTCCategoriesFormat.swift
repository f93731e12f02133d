// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// The presence document of Office Communications Server 2007 and Lync 2010, `application/msrtc-event-categories+xml`.
///
/// A document tells what has changed: `apply` brings what is known of a person up to date. Of the categories `state` and
/// `note` count, each only if it is not older than what is known of it. A category without content takes back what it
/// said; one that is not in the document has not changed.
package struct MSRTCCategoriesFormat: Hashable, Sendable {
  private var state: State?
  private var statedAt = Timestamp.distantPast
  private var note: String?
  private var notedAt = Timestamp.distantPast

  private struct State: Hashable {
    let state: PresenceState
    let isInactive: Bool
  }

  /// What became of a document.
  package enum Outcome: Hashable {
    /// What the person's presence is now; nil where nothing is known.
    case applied(AgentAnswer?)
    /// All that it says is older than what is known.
    case outdated
    /// A number below 3000, of which the server's documents disagree whether it means offline; the note, and the order
    /// of notes, are applied.
    case undefinedAvailability
  }

  /// What is known of the presence; nil for nothing.
  var answer: AgentAnswer? { state.map { AgentAnswer($0.state, message: note, isInactive: $0.isInactive) } }

  /// Nothing is known yet.
  package init() {}

  /// Brings the presence up to date.
  package mutating func apply(_ root: XMLElement) throws(PresenceDocument.Problem) -> Outcome {
    guard root.name == "categories" else { throw .malformed }
    var next = self
    var isNews = false
    var isUndefined = false
    let categories = root.children.filter { $0.name == "category" }
    if let category = Self.aggregate(of: categories.filter { $0.attributes["name"] == "state" }) {
      let publishedAt = try Self.publishTime(of: category) ?? statedAt
      if publishedAt >= statedAt {
        isNews = true
        next.statedAt = publishedAt
        if let content = category.child("state") {
          guard let text = content.child("availability")?.trimmedText, let availability = Int(text) else {
            throw .malformed
          }
          next.state = Self.state(ofAvailability: availability)
          isUndefined = next.state == nil
        } else {
          next.state = nil
        }
      }
    }
    let notes = categories.filter { $0.attributes["name"] == "note" }
    if !notes.isEmpty {
      var newest: (at: Timestamp, text: String?)?
      for category in notes {
        let publishedAt = try Self.publishTime(of: category) ?? notedAt
        let text = category.child("note")?.child("body")?.trimmedText
        if publishedAt >= newest?.at ?? .distantPast { newest = (publishedAt, text ?? newest?.text) }
      }
      if let newest, newest.at >= notedAt {
        isNews = true
        next.notedAt = newest.at
        next.note = newest.text?.isEmpty == true ? nil : newest.text
      }
    }
    guard isNews else { return .outdated }
    if isUndefined {
      // The state stays what it was; only what is sure is taken over.
      next.state = state
      self = next
      return .undefinedAvailability
    }
    self = next
    return .applied(answer)
  }

  /// The state of an aggregated availability; nil below 3000.
  private static func state(ofAvailability availability: Int) -> State? {
    switch availability {
    case ..<3_000: nil
    case 3_000...4_499: State(state: .online, isInactive: false)
    case 4_500...5_999: State(state: .online, isInactive: true)
    case 6_000...7_499: State(state: .busy, isInactive: false)
    case 7_500...8_999: State(state: .busy, isInactive: true)
    case 9_000...11_999: State(state: .busy, isInactive: false)
    case 12_000...17_999: State(state: .away, isInactive: false)
    default: State(state: .offline, isInactive: false)
    }
  }

  /// Of several states, such as those of a machine and of a user, the one in which the server has combined them, else
  /// the first that is no calendar's.
  private static func aggregate(of states: [XMLElement]) -> XMLElement? {
    let typed = states.map { ($0, $0.child("state")?.attributes["type"]) }
    return typed.first { $0.1 == "aggregateState" }?.0 ?? typed.first { $0.1 != "calendarState" }?.0
  }

  /// When a category was published, in UTC, which the servers do not say; nil where there is no time at all.
  private static func publishTime(of category: XMLElement) throws(PresenceDocument.Problem) -> Timestamp? {
    guard let text = category.attributes["publishTime"] else { return nil }
    let hasZone = text.hasSuffix("Z") || text.dropFirst("2011-05-04".count).contains { $0 == "+" || $0 == "-" }
    guard let moment = ByteView.withView(of: hasZone ? text : text + "Z", { Timestamp(rfc3339: $0) }) else {
      throw .malformed
    }
    return moment
  }
}
