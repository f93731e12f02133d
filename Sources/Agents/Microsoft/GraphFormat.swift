// SPDX-License-Identifier: Apache-2.0

package import AgentKit
package import PresenceModel

/// What Microsoft Graph answers.
package enum GraphFormat {
  /// The answer of `getPresencesByUserId`, by the ids in lower case. A user whose availability is not known, such as
  /// `PresenceUnknown`, is missing.
  ///
  /// - Throws: `badAnswer` where it is no such answer.
  package static func parsePresences(_ body: [UInt8], at now: Timestamp) throws(AgentError) -> [String: AgentAnswer] {
    guard let presences = JSONValue(body)?["value"]?.array else { throw .badJSON }
    var answers: [String: AgentAnswer] = [:]
    for presence in presences {
      guard let id = presence["id"]?.string, let availability = presence["availability"]?.string else { throw .badJSON }
      guard let (state, isInactive) = state(of: availability) else { continue }
      let message = presence["statusMessage"].flatMap { parseMessage($0, at: now) }
      answers[id.lowercased()] = AgentAnswer(state, message: message, isInactive: isInactive)
    }
    return answers
  }

  private static func state(of availability: String) -> (PresenceState, isInactive: Bool)? {
    switch availability {
    case "Available": (.online, false)
    case "AvailableIdle": (.online, true)
    case "Busy", "DoNotDisturb": (.busy, false)
    case "BusyIdle": (.busy, true)
    case "Away", "BeRightBack": (.away, false)
    case "Offline": (.offline, false)
    default: nil
    }
  }

  /// The text of a `statusMessage`, which Teams keeps as HTML; nil where there is none, or none any more.
  static func parseMessage(_ value: JSONValue, at now: Timestamp) -> String? {
    guard let content = value["message"]?["content"]?.string else { return nil }
    let expiry = value["expiryDateTime"]
    if expiry?["timeZone"]?.string == "UTC", let text = expiry?["dateTime"]?.string {
      let end = ByteView.withView(of: text.hasSuffix("Z") ? text : text + "Z") { Timestamp(rfc3339: $0) }
      if let end, end <= now { return nil }
    }
    return value["message"]?["contentType"]?.string == "html" ? MarkupText.plain(content) : content
  }

  /// One answer of a batch.
  package struct BatchAnswer: Equatable {
    /// Its HTTP status.
    var status: Int
    /// Its body; nil where it has none that is JSON.
    var body: JSONValue?
    /// How long Graph wants to be left alone.
    var retryAfter: Duration?
  }

  /// The answers of a `$batch` by the ids of its requests, which come back in any order.
  ///
  /// - Throws: `badAnswer` where it is no such answer.
  package static func parseBatch(_ body: [UInt8]) throws(AgentError) -> [String: BatchAnswer] {
    guard let responses = JSONValue(body)?["responses"]?.array else { throw .badJSON }
    var answers: [String: BatchAnswer] = [:]
    for response in responses {
      guard let id = response["id"]?.string, let status = response["status"]?.integer else { throw .badJSON }
      var retryAfter: Duration?
      if case .object(let fields) = response["headers"] {
        let field = fields.first { $0.key.lowercased() == "retry-after" }
        retryAfter = (field?.value.scalarText).flatMap(Int.init).map { .seconds(min(max($0, 0), 86_400)) }
      }
      answers[id] = BatchAnswer(status: status, body: response["body"], retryAfter: retryAfter)
    }
    return answers
  }

  /// The id of the user in the answer to a look-up: a user, or a list that must not have more than one.
  ///
  /// - Returns: nil where there is no such user.
  static func userID(in body: JSONValue?) throws(AgentError) -> String? {
    guard let body else { throw .badJSON }
    if let users = body["value"]?.array {
      guard users.count <= 1 else { return nil }  // nobody can tell whose presence that would be
      guard let user = users.first else { return nil }
      return try userID(in: user)
    }
    guard let id = body["id"]?.string, isUserID(id) else { throw .badJSON }
    return id.lowercased()
  }

  /// Whether a text is an object's id: a UUID.
  package static func isUserID(_ text: String) -> Bool {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && groups.allSatisfy { $0.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit } }
  }
}
