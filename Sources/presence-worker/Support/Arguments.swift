// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceModel
import Worker

/// A duration on the command line: `10s`, `5m`.
struct TimeSpan: ExpressibleByArgument, Sendable {
  var duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = DurationText.parse(argument) else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { DurationText.render(duration) }

  /// Whole seconds, for fields of events; at least 1.
  var wholeSeconds: Int32 { Int32(clamping: max(1, duration.components.seconds)) }
}

/// A moment on the command line: RFC 3339, `2026-11-22T08:15:30Z`.
struct Moment: ExpressibleByArgument, Sendable {
  var timestamp: Timestamp

  init?(argument: String) {
    guard let timestamp = ByteView.withView(of: argument, { Timestamp(rfc3339: $0) }) else { return nil }
    self.timestamp = timestamp
  }
}

/// A state on the command line, by its name on the wire.
struct StateArgument: ExpressibleByArgument, Sendable {
  var state: PresenceState

  init?(argument: String) {
    guard let state = ByteView.withView(of: argument, { PresenceState(wireName: $0) }) else { return nil }
    self.state = state
  }

  static var allValueStrings: [String] { ["online", "busy", "away", "offline"] }
}
