// SPDX-License-Identifier: Apache-2.0

import Kafka
import LogSimulation
import Testing
import Worker

/// A log that goes on refusing what a lane asks of it, though it answers.
@Suite struct RefusalTests {
  @Test func aLaneWhoseTransactionsAreAllRefusedSaysSoAndAsksLessOften() throws {
    let one = Loner()
    one.write("jane", "busy", sequence: 1)
    one.turn(seconds: 5)
    #expect(one.lane.status.isReady)
    #expect(one.lane.status.failingSince == nil)
    #expect(one.snapshots == 1)

    one.refusals.commits = true
    one.write("jane", "away", sequence: 2)
    one.turn(seconds: 60)
    let since = try #require(one.lane.status.failingSince)
    #expect(one.host.clock.monotonic - since > 50_000, "joining and restoring in between are no progress")
    #expect(one.lane.status.failure.contains("MSG_SIZE_TOO_LARGE"))
    // Two a second and fewer; without the pauses there were seven hundred.
    #expect((10...60).contains(one.refusals.refused), "\(one.refusals.refused) commits in a minute")

    one.refusals.commits = false
    one.turn(seconds: 5)
    #expect(one.lane.status.failingSince == nil)
    #expect(one.lane.status.isReady)
    #expect(one.snapshots == 2)
  }

  @Test func topicsThatDifferInTheirCountsAreAFaultUntilTheyFit() {
    let one = Loner()
    one.refusals.counts = true
    one.write("jane", "busy", sequence: 1)
    one.turn(seconds: 60)
    #expect(one.lane.status.fault == "one has 5 partitions and another has 4")
    #expect((2...40).contains(one.refusals.refused), "\(one.refusals.refused) attempts in a minute")
    #expect(one.snapshots == 0)

    one.refusals.counts = false
    one.turn(seconds: 15)
    #expect(one.lane.status.fault == nil)
    #expect(one.lane.status.isReady)
    #expect(one.snapshots == 1)
  }

  @Test func aLaneThatCannotConnectAgainSaysWhyAndAsksLessOften() {
    let one = Loner()
    one.write("jane", "busy", sequence: 1)
    one.turn(seconds: 5)
    one.refusals.everything = true
    one.write("jane", "away", sequence: 2)
    one.turn(seconds: 60)
    #expect(one.lane.status.phase == .disconnected)
    #expect(one.lane.status.connectionFailure == "all brokers are down")
    #expect(one.lane.status.fault == nil, "an outage is no fault, which would show at once")
    #expect((2...40).contains(one.refusals.refused), "\(one.refusals.refused) attempts in a minute")

    one.refusals.everything = false
    one.turn(seconds: 30)
    #expect(one.lane.status.isReady)
    #expect(one.lane.status.connectionFailure == nil)
    #expect(one.snapshots == 2)
  }
}

/// One lane on a simulated log of one partition.
private final class Loner {
  let refusals = Refusals()
  let host: SimulatedHost
  let lane: LaneHarness<RefusingLogClient, ManualLaneClock>
  private let fixture = LogFixture(partitions: 1)

  init() {
    let host = fixture.host("a")
    let refusals = refusals
    self.host = host
    lane = LaneHarness(
      settings: LaneSettings(name: "a"),
      rules: EnricherSettings(),
      clock: host.clock,
      makeClient: { RefusingLogClient(host.makeClient(), refusals) }
    )
  }

  func turn(seconds: Int) {
    for _ in 0..<(seconds * 100) {
      lane.step()
      host.clock.advance(milliseconds: 10)
      fixture.log.advance(milliseconds: 10)
      fixture.log.deliverAllMarkers()
    }
  }

  func write(_ user: String, _ state: String, sequence: Int) {
    let value =
      #"{"user":"\#(user)","imAddress":"sip:\#(user)@corp.example","source":"gateway","state":"\#(state)","#
      + #""observedAt":"2026-11-22T08:00:00.000Z","sequence":\#(sequence)}"#
    fixture.log.write(RecordContent(key: user, value: value), to: LogPartition(.presenceChanges, 0))
  }

  /// How many snapshots were committed.
  var snapshots: Int { fixture.log.committedRecords(of: LogPartition(.presenceSnapshots, 0)).count }
}
