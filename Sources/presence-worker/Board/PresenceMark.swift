// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// How a state is shown: a coloured dot and a word.
enum PresenceMark {
  /// The dot; hollow where nobody is there, a question mark where nobody knows.
  static func dot(_ state: PresenceState, _ quality: PresenceQuality, _ ink: Ink) -> String {
    switch quality {
    case .unknown: return ink("?", .faint)
    case .disabled: return ink("–", .faint)
    case .fresh, .stale: break
    }
    switch state {
    case .online: return ink("●", .good)
    case .busy: return ink("●", .bad)
    case .away: return ink("●", .wait)
    case .offline: return ink("○", .faint)
    }
  }

  /// How long ago something was, in the largest unit: `12s`, `3m`, `5h`, `9d`.
  static func age(of moment: Timestamp, now: Timestamp) -> String {
    let seconds = max(0, (now.milliseconds - moment.milliseconds) / 1_000)
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3_600: return "\(seconds / 60)m"
    case ..<86_400: return "\(seconds / 3_600)h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// The time of day in UTC: `08:15:30`.
  static func timeOfDay(_ moment: Timestamp) -> String {
    String(moment.description.dropFirst(11).prefix(8))
  }
}
