// SPDX-License-Identifier: Apache-2.0

package import AgentKit
package import PresenceModel

/// What Slack's Web API answers.
package enum SlackFormat {
  /// An answer whose `ok` is true; nil where Slack knows the person not, or not to this token.
  ///
  /// - Throws: what an `error` of Slack's means, or `badAnswer` where it is no answer of Slack's.
  static func document(_ body: [UInt8], retryAfter: Duration?) throws(AgentError) -> JSONValue? {
    guard let document = JSONValue(body), let isOK = document["ok"]?.bool else { throw .badJSON }
    if isOK { return document }
    guard let error = document["error"]?.string else { throw .badJSON }
    switch error {
    case "user_not_found", "users_not_found", "user_not_visible", "user_disabled": return nil
    case "ratelimited", "rate_limited":
      throw AgentError(.rateLimited, "Slack was asked too often.", retryAfter: retryAfter)
    case "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "no_permission",
      "missing_scope", "not_allowed_token_type", "org_login_required", "access_denied", "ekm_access_denied",
      "team_access_not_granted", "two_factor_setup_required", "accesslimited":
      throw AgentError(.unauthorized, "Slack refuses the token (\(error)).")
    case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org":
      throw AgentError(.unavailable, "Slack cannot answer (\(error)).")
    default: throw AgentError(.badAnswer, "Slack answers with an error that the agent does not know.", detail: error)
    }
  }

  /// The answer of `users.getPresence`; nil for a presence that is not known.
  ///
  /// Who is away because Slack has noticed no activity, and is connected, is online and inactive. Slack says so much of
  /// the token's own user only; of others it says `away` alone.
  package static func parsePresence(_ body: [UInt8], retryAfter: Duration? = nil) throws(AgentError) -> AgentAnswer? {
    guard let document = try document(body, retryAfter: retryAfter) else { return nil }
    guard let presence = document["presence"]?.string else { throw .badJSON }
    switch presence {
    case "active": return AgentAnswer(.online)
    case "away":
      let isIdle = document["auto_away"]?.bool == true && document["online"]?.bool == true
      return isIdle ? AgentAnswer(.online, isInactive: true) : AgentAnswer(.away)
    default: return nil
    }
  }

  /// Whether the answer of `dnd.info` says that the person is not to be disturbed now.
  ///
  /// - Parameter includesSchedule: whether the hours of every day count, beside what the person has switched on.
  package static func parseDoNotDisturb(
    _ body: [UInt8],
    at now: Timestamp,
    includesSchedule: Bool,
    retryAfter: Duration? = nil
  ) throws(AgentError) -> Bool {
    guard let document = try document(body, retryAfter: retryAfter) else { return false }
    let seconds = Int(now.milliseconds / 1_000)
    if document["snooze_enabled"]?.bool == true {
      guard let end = document["snooze_endtime"]?.integer else { return true }  // until it is switched off
      if seconds < end { return true }
    }
    guard includesSchedule, document["dnd_enabled"]?.bool == true,
      let start = document["next_dnd_start_ts"]?.integer, let end = document["next_dnd_end_ts"]?.integer
    else { return false }
    return start <= seconds && seconds < end
  }

  /// The status text in the answer of `users.profile.get`; nil where there is none, or none any more.
  package static func parseStatus(_ body: [UInt8], at now: Timestamp) throws(AgentError) -> String? {
    guard let document = try document(body, retryAfter: nil) else { return nil }
    guard let profile = document["profile"], case .object = profile else { throw .badJSON }
    let expiration = profile["status_expiration"]?.integer ?? 0
    guard expiration == 0 || now.milliseconds / 1_000 < expiration else { return nil }
    return profile["status_text"]?.string
  }

  /// The user's id in the answer of `users.lookupByEmail`; nil where nobody has the address.
  package static func parseUser(_ body: [UInt8], retryAfter: Duration? = nil) throws(AgentError) -> String? {
    guard let document = try document(body, retryAfter: retryAfter) else { return nil }
    guard let id = document["user"]?["id"]?.string, isUserID(id) else { throw .badJSON }
    return id
  }

  /// Whether a text is the id of a user: `U` or `W`, and capitals and digits.
  package static func isUserID(_ text: String) -> Bool {
    (3...32).contains(text.utf8.count) && (text.hasPrefix("U") || text.hasPrefix("W"))
      && text.utf8.allSatisfy { $0 &- 0x30 <= 9 || $0 &- 0x41 < 26 }
  }
}
