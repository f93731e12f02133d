// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceEvents
import PresenceModel
import Testing

@testable import Worker

/// Several devices, from the network to the snapshot: presence rule 6 through a bridge and an enricher.
struct BridgeDeviceTests {
  private static let ann = "sip:ann@corp.example"

  /// What snapshots say after each of the readings.
  private func states(
    _ policy: ReadingPolicy,
    _ readings: [(device: String, state: PresenceState)]
  ) throws -> [String?] {
    let story = try BridgeStory()
    let office = try Office { $0.policy = policy }
    office.profile("ann", enterprise: Self.ann)
    try story.profile("ann", Self.ann)
    var writer = BridgeEventWriter(source: "/bridge")
    return try readings.map { reading in
      try story.say(Self.ann, reading.state, device: reading.device)
      for publication in story.publish() + story.pass(2_000) {
        writer.write(publication, now: story.wall) { _, value in
          office.send(.presenceChanges, key: publication.user, bytes: Array(value))
        }
      }
      office.pass(seconds: 2)
      return office.snapshot("ann")?.text("state")
    }
  }

  private static let day: [(device: String, state: PresenceState)] = [
    ("desktop", .online), ("phone", .away), ("tablet", .busy), ("tablet", .offline), ("desktop", .away),
    ("phone", .offline), ("desktop", .offline),
  ]

  @Test("busyFirst: whoever is busy anywhere is busy")
  func busyFirst() throws {
    #expect(
      try states(.busyFirst, Self.day) == ["online", "online", "busy", "online", "away", "away", "offline"]
    )
  }

  @Test("mostAvailable: whoever is available anywhere is available")
  func mostAvailable() throws {
    #expect(
      try states(.mostAvailable, Self.day) == ["online", "online", "online", "online", "away", "away", "offline"]
    )
  }

  @Test("latest: what was said last counts")
  func latest() throws {
    #expect(
      try states(.latest, Self.day) == ["online", "away", "busy", "offline", "away", "offline", "offline"]
    )
  }
}
