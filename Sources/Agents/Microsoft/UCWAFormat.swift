// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// What UCWA answers (Lync Server 2013, Skype for Business Server).
package enum UCWAFormat {
  /// The resource `presence` of a person: `{"availability":"Online","activity":"in-a-conference", …}`.
  ///
  /// - Returns: nil for an availability that is not known.
  /// - Throws: `badAnswer` where it is no such resource.
  package static func parsePresence(_ body: [UInt8]) throws(AgentError) -> AgentAnswer? {
    guard let availability = JSONValue(body)?["availability"]?.string else { throw .badJSON }
    return switch availability {
    case "Online": AgentAnswer(.online)
    case "IdleOnline": AgentAnswer(.online, isInactive: true)
    case "Busy", "DoNotDisturb": AgentAnswer(.busy)
    case "IdleBusy": AgentAnswer(.busy, isInactive: true)
    case "Away", "BeRightBack": AgentAnswer(.away)
    case "Offline": AgentAnswer(.offline)
    default: nil
    }
  }

  /// The resource `note` of a person: `{"message":"…","type":"Personal"}`; nil where there is none.
  package static func parseNote(_ body: [UInt8]) -> String? { JSONValue(body)?["message"]?.string }

  /// Where an application is that was created: the link to itself.
  package static func parseApplication(_ body: [UInt8]) -> String? {
    JSONValue(body)?["_links"]?["self"]?["href"]?.string
  }

  /// Whether a refusal says that the application is gone, and not that the person is.
  package static func isApplicationGone(_ body: [UInt8]) -> Bool {
    JSONValue(body)?["subcode"]?.string == "ApplicationNotFound"
  }
}
