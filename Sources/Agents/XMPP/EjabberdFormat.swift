// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// What ejabberd's `mod_http_api` answers.
package enum EjabberdFormat {
  /// The answer of `user_sessions_info`: all sessions of a user, aggregated. None is offline.
  ///
  /// - Returns: nil where no session has a show that is known.
  /// - Throws: `badAnswer` where it is no list of sessions.
  package static func parseSessions(_ body: [UInt8]) throws(AgentError) -> AgentAnswer? {
    guard let sessions = JSONValue(body)?.array else { throw .badJSON }
    if sessions.isEmpty { return AgentAnswer(.offline) }
    var readings: [XMPPShow.Reading] = []
    for session in sessions {
      guard let show = session["status"]?.string else { throw .badJSON }
      guard let state = XMPPShow.state(of: show) else { continue }
      readings.append(
        XMPPShow.Reading(
          state: state,
          message: session["statustext"]?.string,
          priority: session["priority"]?.integer ?? 0
        )
      )
    }
    return XMPPShow.combine(readings)
  }

  /// The answer of `get_presence`: the first live session.
  ///
  /// - Returns: nil where its show is not known.
  /// - Throws: `badAnswer` where it is no presence.
  package static func parsePresence(_ body: [UInt8]) throws(AgentError) -> AgentAnswer? {
    guard let presence = JSONValue(body), let show = presence["show"]?.string else { throw .badJSON }
    return XMPPShow.state(of: show).map { AgentAnswer($0, message: presence["status"]?.string) }
  }
}

extension AgentError {
  static let badJSON = AgentError(.badAnswer, "The answer is not the JSON document that the network specifies.")
  static let badXML = AgentError(.badAnswer, "The answer is not the XML document that the network specifies.")

  /// A status below 400 that is no answer.
  static func unexpected(_ status: Int) -> AgentError {
    AgentError(.badAnswer, "The network answers with HTTP \(status).")
  }
}
