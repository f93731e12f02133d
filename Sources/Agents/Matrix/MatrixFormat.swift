// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// What a Matrix homeserver answers to `GET /_matrix/client/v3/presence/{userId}/status`.
package enum MatrixFormat {
  /// What the answer says.
  ///
  /// `unavailable` has two meanings. A person who has set it is away. A homeserver sets it by itself after a time
  /// without activity, which changes no state: the person is online and inactive.
  ///
  /// - Parameter inactiveAfter: from which time without activity on the homeserver has set it.
  /// - Returns: nil for a presence that is not known.
  /// - Throws: `badAnswer` where it is no presence.
  package static func parse(_ body: [UInt8], inactiveAfter: Duration) throws(AgentError) -> AgentAnswer? {
    guard let document = JSONValue(body), let presence = document["presence"]?.string else { throw .badJSON }
    let message = document["status_msg"]?.string
    let isActive = document["currently_active"]?.bool ?? false
    switch presence {
    case "online": return AgentAnswer(.online, message: message)
    case "busy", "org.matrix.msc3026.busy": return AgentAnswer(.busy, message: message)  // MSC3026
    case "offline": return AgentAnswer(.offline, message: message)
    case "unavailable":
      let idle = document["last_active_ago"]?.integer.map { Duration.milliseconds($0) }
      guard !isActive, let idle, idle >= inactiveAfter else { return AgentAnswer(.away, message: message) }
      return AgentAnswer(.online, message: message, isInactive: true)
    default: return nil
    }
  }
}
