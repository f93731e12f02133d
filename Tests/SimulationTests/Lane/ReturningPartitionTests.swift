// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import LogSimulation
import Testing
import Worker

/// What a lane reads back when a partition that it had comes back to it.
@Suite struct ReturningPartitionTests {
  private static let users = (0..<40).map { "user\($0)" }

  @Test func aPartitionThatComesBackUnchangedRestoresNothing() {
    let group = Group()
    for user in Self.users { group.write(user, "busy", sequence: 1) }
    let staying = group.join("a")
    group.turn { staying.lane.status.isReady && staying.lane.status.users == Self.users.count }
    #expect(staying.lane.status.counters.restored == 0)

    let visiting = group.join("b")
    group.turn { [staying, visiting].allSatisfy { $0.lane.status.isReady && $0.lane.status.partitions.count == 2 } }
    #expect(visiting.lane.status.counters.restored > 0, "whoever has not had a partition has to restore it")
    group.leave(visiting)
    group.turn { staying.lane.status.isReady && staying.lane.status.partitions.count == 4 }
    #expect(staying.lane.status.counters.restored == 0)
    #expect(staying.lane.status.users == Self.users.count)
  }

  @Test func aPartitionThatSomebodyElseChangedIsRestored() {
    let group = Group()
    for user in Self.users { group.write(user, "busy", sequence: 1) }
    let staying = group.join("a")
    group.turn { staying.lane.status.isReady && staying.lane.status.users == Self.users.count }
    let visiting = group.join("b")
    group.turn { [staying, visiting].allSatisfy { $0.lane.status.isReady && $0.lane.status.partitions.count == 2 } }
    for user in Self.users { group.write(user, "away", sequence: 2) }
    group.turn { group.snapshots == 2 * Self.users.count }
    let strangers = visiting.lane.status.users
    group.leave(visiting)
    group.turn { staying.lane.status.isReady && staying.lane.status.partitions.count == 4 }
    // What was published once more by the visitor, and nothing of the partitions that never went away.
    #expect(staying.lane.status.counters.restored == strangers)
    for user in Self.users { group.write(user, "online", sequence: 3) }
    group.turn { group.snapshots == 3 * Self.users.count }
    #expect(group.versions == Dictionary(uniqueKeysWithValues: Self.users.map { ($0, "3") }))
  }

  /// "A restore waited for the profiles up to the committed position, where there was nothing any more, and for ever."
  @Test func aTailThatBrokersHaveLostStopsNobody() {
    let group = Group()
    for user in Self.users {
      group.writeProfile(user)
      group.write(user, "busy", sequence: 1)
    }
    let first = group.join("a")
    group.turn { first.lane.status.isReady && group.areInputsConsumed }
    group.leave(first)
    group.loseLast(of: .userProfiles)
    group.loseLast(of: .presenceChanges)
    let second = group.join("b")
    group.turn { second.lane.status.isReady }
    // What is written behind the new end before anybody has read up to it may be skipped: nobody can promise more.
    var turns = 0
    group.turn {
      turns += 1
      return turns > 100
    }
    for user in Self.users { group.write(user, "away", sequence: 2) }
    group.turn { group.states == Dictionary(uniqueKeysWithValues: Self.users.map { ($0, "away") }) }
  }
}

/// Lanes on one simulated log of four partitions, turned until something is so.
private final class Group {
  final class Participant {
    let host: SimulatedHost
    let lane: LaneHarness<SimulatedLogClient, ManualLaneClock>

    init(_ host: SimulatedHost) {
      self.host = host
      var settings = LaneSettings(name: host.clientID)
      settings.commitInterval = .milliseconds(30)
      lane = LaneHarness(
        settings: settings,
        rules: EnricherSettings(),
        clock: host.clock,
        makeClient: { host.makeClient() }
      )
    }
  }

  private static let partitions: Int32 = 4
  private let fixture = LogFixture(partitions: Group.partitions)
  private var participants: [Participant] = []

  func join(_ name: String) -> Participant {
    let participant = Participant(fixture.host(name))
    participants.append(participant)
    return participant
  }

  func leave(_ participant: Participant) {
    participants.removeAll { $0 === participant }
    participant.lane.stop()
    fixture.log.deliverAllMarkers()
  }

  /// Gives everybody turns until `isReached`.
  func turn(until isReached: () -> Bool, _ location: SourceLocation = #_sourceLocation) {
    for _ in 0..<5_000 {
      if isReached() { return }
      for participant in participants {
        participant.lane.step()
        participant.host.clock.advance(milliseconds: 10)
      }
      fixture.log.advance(milliseconds: 10)
      fixture.log.deliverAllMarkers()
    }
    Issue.record("the lanes never came there", sourceLocation: location)
  }

  func write(_ user: String, _ state: String, sequence: Int) {
    let value =
      #"{"user":"\#(user)","imAddress":"sip:\#(user)@corp.example","source":"gateway","state":"\#(state)","#
      + #""observedAt":"2026-11-22T08:00:00.000Z","sequence":\#(sequence)}"#
    let partition = Array(user.utf8).withUnsafeBytes {
      JavaPartitioner.partition(ofKey: $0, count: Group.partitions)
    }
    fixture.log.write(RecordContent(key: user, value: value), to: LogPartition(.presenceChanges, partition))
  }

  func writeProfile(_ user: String) {
    let partition = Array(user.utf8).withUnsafeBytes {
      JavaPartitioner.partition(ofKey: $0, count: Group.partitions)
    }
    fixture.log.write(
      RecordContent(key: user, value: #"{"user":"\#(user)","mail":"\#(user)@mail.example"}"#),
      to: LogPartition(.userProfiles, partition)
    )
  }

  /// Loses the last record of each partition of a topic.
  func loseLast(of topic: LogTopic) {
    for number in 0..<Group.partitions {
      let partition = fixture.log[LogPartition(topic, number)]
      partition.lose(from: partition.high - 1)
    }
  }

  var areInputsConsumed: Bool { fixture.log.areInputsConsumed }

  /// The state of each user's last snapshot.
  var states: [String: String] {
    var states: [String: String] = [:]
    for record in published {
      let rest = record.valueText?.components(separatedBy: #""state":""#).dropFirst().first ?? ""
      states[record.keyText] = String(rest.prefix { $0 != "\"" })
    }
    return states
  }

  private var published: [StoredRecord] {
    (0..<Group.partitions).flatMap { fixture.log.committedRecords(of: LogPartition(.presenceSnapshots, $0)) }
  }

  /// How many snapshots were committed.
  var snapshots: Int { published.count }

  /// The version of each user's last snapshot, the last part of its id.
  var versions: [String: String] {
    var versions: [String: String] = [:]
    for record in published {
      versions[record.keyText] = record.header("ce_id")?.split(separator: "/").last.map(String.init)
    }
    return versions
  }
}
