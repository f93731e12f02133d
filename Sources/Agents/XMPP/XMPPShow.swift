// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// XMPP's shows (RFC 6121) as states, and several resources as one.
enum XMPPShow {
  /// What one resource says.
  struct Reading {
    var state: PresenceState
    var message: String?
    var priority = 0
  }

  /// The state of a show; nil for what RFC 6121 and ejabberd do not know.
  static func state(of show: String) -> PresenceState? {
    switch show {
    case "available", "chat", "": .online
    case "dnd": .busy
    case "away", "xa": .away
    case "unavailable", "offline": .offline
    default: nil
    }
  }

  /// All resources of one person: busy > online > away > offline; among equals the one of the highest priority, and of
  /// those the first that has a message.
  static func combine(_ readings: [Reading]) -> AgentAnswer? {
    guard let state = readings.map(\.state).max(by: { $0.rawValue < $1.rawValue }) else { return nil }
    let winners = readings.filter { $0.state == state }
    let priority = winners.map(\.priority).max() ?? 0
    let message = winners.first { $0.priority == priority && $0.message?.isEmpty == false }?.message
    return AgentAnswer(state, message: message)
  }
}
