// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The example portal service beside the worker.
@Suite(
  .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20)),
  .worker
)
struct PortalPresenceTests {
  @Test("The table is whole before it says so, follows changes, and forgets who was deleted")
  func table() async throws {
    let stage = try Stage.current
    for (user, state) in [("amy", "busy"), ("ben", "away")] {
      let now = Moment.now()
      try await stage.kafka.send(
        "presence.changes",
        user: user,
        #"{"user":"\#(user)","source":"test","state":"\#(state)","observedAt":"\#(now)"}"#
      )
      _ = try await stage.kafka.first(of: "presence.snapshots", user: user)
    }
    let portal = try ExampleService("portal_presence.py", ["--bootstrap", stage.bootstrapServers])
    try await portal.wait(for: "ready")
    #expect(portal.transcript == ["amy busy fresh", "ben away fresh", "ready"])
    try await stage.kafka.send(
      "presence.changes",
      user: "amy",
      #"{"user":"amy","source":"test","state":"online","observedAt":"\#(Moment.now(plus: 1))"}"#
    )
    try await portal.wait(for: "amy online fresh")
    try await stage.kafka.produce("user.profiles", key: Array("ben".utf8), value: nil)
    try await portal.wait(for: "ben deleted unknown")
    try await portal.kill()
  }
}
