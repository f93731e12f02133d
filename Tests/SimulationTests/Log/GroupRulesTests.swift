// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Testing
import Worker

/// Kafka's rules for consumer groups, as the simulated log has them.
@Suite struct GroupRulesTests {
  private let fixture = LogFixture(partitions: 5)
  private var log: SimulatedLog { fixture.log }

  @Test(arguments: [(1, [5]), (2, [3, 2]), (3, [2, 2, 1]), (6, [1, 1, 1, 1, 1, 0])])
  func rangesAreCoPartitioned(_ members: Int, _ shares: [Int]) throws {
    let clients = try (0..<members).map { try fixture.client(fixture.host("w\($0)")) }
    var assigned: [[LogPartition]] = Array(repeating: [], count: members)
    for _ in 0..<4 {
      for (index, client) in clients.enumerated() {
        if case .assigned(let partitions) = try fixture.follow(client) { assigned[index] = partitions }
      }
    }
    for (partitions, share) in zip(assigned, shares) {
      #expect(partitions.count == share * LogTopic.enricherInputs.count)
      let numbers = Set(partitions.map(\.partition))
      for topic in LogTopic.enricherInputs {
        #expect(Set(partitions.filter { $0.topic == topic }.map(\.partition)) == numbers)
      }
    }
    #expect(assigned.flatMap { $0 }.count == 15)
  }

  @Test func nothingIsReadUntilARebalanceIsAnswered() throws {
    log.write(RecordContent(key: "a", value: ""), to: LogFixture.changes)
    let client = try fixture.client(fixture.host("a"))
    guard case .assigned(let partitions) = try fixture.poll(client).rebalance else {
      Issue.record("no assignment")
      return
    }
    #expect(try fixture.poll(client).offsets.isEmpty)
    try client.assign(partitions.map { LogPosition($0, offset: nil) })
    #expect(try fixture.poll(client).offsets == [0])
  }

  @Test func anExpiredMemberThatDoesNotKnowItIsRefusedWhenItCommits() throws {
    let zombie = try fixture.client(fixture.host("a"))
    try fixture.follow(zombie)
    log.advance(milliseconds: log.timeouts.pollInterval + 1)
    let successor = try fixture.client(fixture.host("b"))
    guard case .assigned(let partitions) = try fixture.follow(successor) else {
      Issue.record("no assignment")
      return
    }
    #expect(partitions.count == 15)
    try zombie.begin()
    try fixture.produce(zombie, "x")
    #expect(try fixture.recovery { try zombie.commit(fixture.at(1)) } == .abortTransaction)
    try zombie.abort()
    log.deliverAllMarkers()
    #expect(log.committedOffset(of: LogFixture.changes) == nil)
    #expect(log.committedRecords(of: LogFixture.snapshots).isEmpty)
    guard case .revoked(lost: true) = try fixture.poll(zombie).rebalance else {
      Issue.record("it does not learn of it")
      return
    }
  }

  @Test func aMemberOfAnOldGenerationIsToldToAbort() throws {
    let first = try fixture.client(fixture.host("a"))
    try fixture.follow(first)
    try first.begin()
    try fixture.produce(first, "x")
    _ = try fixture.client(fixture.host("b"))
    #expect(try fixture.recovery { try first.commit(fixture.at(1)) } == nil, "the old generation still counts")
    log.deliverAllMarkers()
    guard case .revoked(lost: false) = try fixture.poll(first).rebalance else {
      Issue.record("no revocation")
      return
    }
    try first.unassign()
    try first.begin()
    try fixture.produce(first, "y")
    #expect(try fixture.recovery { try first.commit(fixture.at(2)) } == .abortTransaction)
    try first.abort()
    log.deliverAllMarkers()
    #expect(log.committedRecords(of: LogFixture.snapshots).map(\.keyText) == ["x"])
  }

  @Test func aStaticMemberTakesItsPlaceBackWithoutARebalance() throws {
    let first = try fixture.client(fixture.host("a", instance: "a"))
    let other = try fixture.client(fixture.host("b", instance: "b"))
    for _ in 0..<3 {
      try fixture.follow(first)
      try fixture.follow(other)
    }
    first.close(leaveGroup: false)
    log.advance(milliseconds: log.timeouts.session / 2)
    let again = try fixture.client(fixture.host("a", instance: "a"))
    guard case .assigned(let partitions) = try fixture.follow(again) else {
      Issue.record("no assignment")
      return
    }
    #expect(Set(partitions.map(\.partition)) == [0, 1, 2])
    #expect(try fixture.follow(other) == nil)
  }

  @Test func theOldIncarnationOfAStaticMemberIsFenced() throws {
    let old = try fixture.client(fixture.host("a", instance: "a"))
    try fixture.follow(old)
    _ = try fixture.client(fixture.host("a", instance: "a"))
    let failure = #expect(throws: LogFailure.self) { try fixture.poll(old) }
    #expect(failure?.isFenced == true)
  }

  @Test func aClosedMemberThatDoesNotLeaveKeepsItsPartitionsUntilItsSessionEnds() throws {
    let first = try fixture.client(fixture.host("a"))
    try fixture.follow(first)
    let second = try fixture.client(fixture.host("b"))
    try fixture.follow(first)
    first.close(leaveGroup: false)
    try fixture.follow(second)
    log.advance(milliseconds: log.timeouts.session + 1)
    var held: [LogPartition] = []
    for _ in 0..<4 {
      if case .assigned(let partitions) = try fixture.follow(second) { held = partitions }
    }
    #expect(held.count == 15)
  }

  @Test func anOldGenerationsPlainCommitIsRefused() throws {
    let zombie = try fixture.client(fixture.host("a", isTransactional: false))
    try fixture.follow(zombie)
    log.advance(milliseconds: log.timeouts.pollInterval + 1)
    #expect(try fixture.recovery { try zombie.commit(fixture.at(1)) } == .abortTransaction)
    #expect(log.committedOffset(of: LogFixture.changes) == nil)
  }
}
