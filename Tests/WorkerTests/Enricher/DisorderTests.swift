// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@testable import Worker

/// Changes that come in any order and more than once, from devices whose clocks are a day off.
@Suite("Disorder", .computing)
struct DisorderTests {
  private static let day = 86_400.0
  private static let states = ["busy", "online", "away", "offline"]  // in the order of the policy

  @Test(
    "The newest by sequence of each device counts, whatever the order, the repeats and the clocks",
    arguments: 0..<50 as Range<UInt64>
  )
  func newestCounts(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example")
    let devices = [(name: "desktop", clock: -Self.day), (name: "phone", clock: Self.day), (name: "tablet", clock: 0)]
    var newest: [String: (sequence: Int, state: String)] = [:]
    for _ in 0..<200 {
      let (device, clock) = devices[Int.random(in: devices.indices, using: &random)]
      let sequence = Int.random(in: 1...60, using: &random)
      let state = Self.states[(sequence &* 7 &+ device.count) % Self.states.count]
      office.push("ann", state, device: device, at: clock + Double(sequence), sequence: sequence)
      if newest[device]?.sequence ?? 0 < sequence { newest[device] = (sequence, state) }
      office.pass(seconds: 0.5)
    }
    let expected = Self.states.first { state in newest.values.contains { $0.state == state } }
    #expect(office.snapshot("ann")?.text("state") == expected)
    let versions = office.outputs.filter { $0.topic == .presenceSnapshots }.compactMap { $0.value?.number("version") }
    #expect(versions == Array(1...versions.count))

    office.request("r1", to: "ann", "auto", at: Self.day)
    let outcome = try #require(office.values(.contactOutcomes).first)
    let presence = outcome.map("presence")
    #expect(presence.text("state") == expected)
    // Times of one form are in the order of their texts.
    let observedAt = try #require(presence.text("observedAt"))
    let decidedAt = try #require(outcome.text("decidedAt"))
    #expect(observedAt <= decidedAt, "a negative age")
    #expect(try office.schemaProblems().isEmpty)
  }
}
