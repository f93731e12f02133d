// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Worker

/// What is published of those who are watched.
struct BridgePublishingTests {
  private static let ann = "sip:ann@corp.example"

  /// A story with one user.
  private func story(change: (inout BridgeRules) -> Void = { _ in }) throws -> BridgeStory {
    let story = try BridgeStory(change: change)
    try story.profile("ann", Self.ann)
    return story
  }

  @Test("A change goes out at once, with its device, a sequence and a lease; the same again does not")
  func change() throws {
    let story = try story()
    try story.say(Self.ann, .busy, device: "desktop", message: "Meeting", lease: 90)
    let first = try #require(story.publish().first)
    #expect(first.user == "ann")
    #expect(first.source == "sip")
    #expect(first.address == Self.ann)
    #expect(first.device == "desktop")
    #expect(first.said == BridgeReading.Said(state: .busy, message: "Meeting"))
    #expect(first.observedAt == story.wall)
    #expect(first.sequence == story.wall.milliseconds)
    #expect(first.leaseSeconds == 90)
    try story.say(Self.ann, .busy, device: "desktop", message: "Meeting", lease: 90)
    #expect(story.publish().isEmpty)
    #expect(story.machine.counters.unchanged == ["sip": 1])
    try story.say(Self.ann, .busy, device: "desktop", lease: 90)
    #expect(story.publish().map(\.said.message) == [nil])
  }

  @Test("Three devices that flip twice a second: a burst, then one a second, and each device's last state")
  func flood() throws {
    let story = try story()
    var published: [BridgePublication] = []
    for half in 0..<120 {
      for device in ["desktop", "phone", "tablet"] {
        try story.say(Self.ann, half.isMultiple(of: 2) ? .online : .away, device: device)
      }
      published += story.publish()
      published += story.pass(500)
    }
    #expect(published.count <= 4 + 60)
    #expect(published.count >= 60)
    for device in ["desktop", "phone", "tablet"] { try story.say(Self.ann, .busy, device: device) }
    let last = story.publish() + story.pass(5_000)
    #expect(last.count == 3)
    #expect(Set(last.compactMap(\.device)) == ["desktop", "phone", "tablet"])
    #expect(last.allSatisfy { $0.said.state == .busy })
    #expect(story.machine.waiting == 0)
    let sequences = (published + last).map(\.sequence)
    #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("What goes back to what was published before its turn came is not published")
  func thereAndBack() throws {
    let story = try story { $0.burst = 1 }
    try story.say(Self.ann, .online)
    #expect(story.publish().count == 1)
    try story.say(Self.ann, .away)
    #expect(story.publish().isEmpty)
    try story.say(Self.ann, .online)
    #expect(story.pass(3_000).isEmpty)
    #expect(story.machine.waiting == 0)
  }

  @Test("A lease is renewed before it lapses for as long as the network's word holds, and not beyond")
  func renewals() throws {
    let story = try story { $0.lease = 60_000 }
    try story.say(Self.ann, .online, lease: 200)
    #expect(story.publish().first?.leaseSeconds == 60)
    var until = story.now + 60_000
    let held = story.now + 200_000
    var renewals = 0
    while story.now < held + 60_000 {
      for publication in story.pass(50) {
        #expect(publication.kind == .renewal)
        #expect(story.now < until, "renewed before it lapses")
        until = story.now + Int64(publication.leaseSeconds) * 1_000
        #expect(until <= held)
        renewals += 1
      }
    }
    #expect(until > held - 2_000)
    #expect(renewals < 8)
    #expect(story.machine.users.compactMap { $0 }.first?.readings.isEmpty == true, "what is over is forgotten")
  }

  @Test("A short subscription that is refreshed keeps its user's lease alive")
  func refreshed() throws {
    let story = try story()
    var until = Int64.max
    for _ in 0..<30 {
      try story.say(Self.ann, .away, lease: 30)
      for publication in story.publish() + story.pass(20_000) {
        until = story.now + Int64(publication.leaseSeconds) * 1_000
      }
      #expect(until > story.now)
    }
  }

  @Test("A lost subscription is not renewed and says nothing; what comes back unchanged renews")
  func loss() throws {
    let story = try story { $0.lease = 60_000 }
    try story.say(Self.ann, .busy)
    #expect(story.publish().count == 1)
    try story.lose(Self.ann)
    #expect(story.pass(50_000).isEmpty)
    try story.say(Self.ann, .busy)
    #expect(story.publish().map(\.kind) == [.renewal])
    try story.lose(Self.ann)
    #expect(story.pass(100_000).isEmpty)
    try story.say(Self.ann, .busy)
    #expect(story.publish().map(\.kind) == [.change], "the lease had lapsed")
  }

  @Test("A device that is offline is not renewed beside one that is not; when all are, one is")
  func offlineDevices() throws {
    let story = try story { $0.lease = 30_000 }
    try story.say(Self.ann, .offline, device: "phone")
    _ = story.pass(100)
    try story.say(Self.ann, .online, device: "desktop")
    let first = story.publish() + story.pass(120_000)
    #expect(first.filter { $0.kind == .renewal }.allSatisfy { $0.device == "desktop" })
    #expect(first.contains { $0.kind == .renewal })
    try story.say(Self.ann, .offline, device: "phone")
    _ = story.pass(5_000)
    try story.say(Self.ann, .offline, device: "desktop")
    let second = story.publish() + story.pass(120_000)
    #expect(Set(second.filter { $0.kind == .renewal }.map(\.device)) == ["desktop"])
  }

  @Test("What a successor's clock says, its sequences are above those of the one before")
  func sequences() throws {
    let story = try story()
    let floor = story.wall.milliseconds + 60_000
    story.machine.raiseSequence(of: 0, above: floor)
    try story.say(Self.ann, .busy)
    #expect(story.publish().map(\.sequence) == [floor + 1])
    try story.say(Self.ann, .away)
    #expect(story.publish().map(\.sequence) == [floor + 2])
  }

  @Test("What is older by the network's own order is ignored, until a loss lets it begin anew")
  func networkOrder() throws {
    let story = try story()
    try story.say(Self.ann, .busy, sequence: 7)
    try story.say(Self.ann, .online, sequence: 6)
    #expect(story.publish().map(\.said.state) == [.busy])
    #expect(story.machine.counters.ignored == ["sip": 1])
    try story.lose(Self.ann)
    try story.say(Self.ann, .online, sequence: 1)
    #expect(story.publish().map(\.said.state) == [.online])
  }

  @Test("Where others may have published meanwhile, or nobody knows what arrived, everything is published again")
  func again() throws {
    let story = try story()
    try story.say(Self.ann, .busy)
    #expect(story.publish().count == 1)
    story.machine.suspend(lost: true, now: story.now)
    story.machine.assign([0], now: story.now)
    #expect(story.publish().map(\.said.state) == [.busy])
    story.machine.forgetPublished(now: story.now)
    #expect(story.publish().map(\.said.state) == [.busy])
  }

  @Test("Where there is no room nothing is lost, and what comes later takes the place of what waits")
  func room() throws {
    let story = try story()
    try story.profile("bob", "sip:bob@corp.example")
    try story.say(Self.ann, .busy)
    try story.say("sip:bob@corp.example", .busy)
    #expect(story.publish(limit: 0).isEmpty)
    #expect(story.publish(limit: 1).map(\.user) == ["ann"])
    try story.say("sip:bob@corp.example", .away)
    #expect(story.publish().map(\.said.state) == [.away])
    #expect(story.machine.counters.replaced == ["sip": 1])
  }

  @Test("What waits for its turn goes out before a partition is given up")
  func last() throws {
    let story = try story { $0.burst = 1 }
    try story.say(Self.ann, .online)
    _ = story.publish()
    try story.say(Self.ann, .busy)
    #expect(story.publish().isEmpty)
    #expect(story.publish(isLast: true).map(\.said.state) == [.busy])
  }

  @Test("Of more devices than a snapshot holds the oldest goes, and a name that events do not take is replaced")
  func devices() throws {
    let story = try story { $0.burst = 100 }
    for index in 0..<40 {
      try story.say(Self.ann, .online, device: "d\(index)")
      _ = story.pass(50)
    }
    #expect(story.machine.users[0]?.readings.count == Reading.maximumPerUser)
    #expect(story.machine.users[0]?.readings.first?.device == "d24")
    try story.say(Self.ann, .online, device: String(repeating: "x", count: 300))
    let device = try #require(story.publish().first?.device)
    #expect(device.hasPrefix("device-"))
    #expect(device.utf8.count == 23)
  }
}
