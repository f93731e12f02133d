// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Testing
import Worker

/// Kafka's rules for transactions, as the simulated log has them.
@Suite struct TransactionRulesTests {
  private let fixture = LogFixture()
  private var log: SimulatedLog { fixture.log }

  @Test func recordsOfAnOpenTransactionAreHeldBackAndSoAreLaterOnes() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    log.write(RecordContent(key: "before", value: ""), to: LogFixture.snapshots)
    try client.begin()
    try fixture.produce(client, "open")
    log.write(RecordContent(key: "behind", value: ""), to: LogFixture.snapshots)
    #expect(log[LogFixture.snapshots].high == 3)
    #expect(log[LogFixture.snapshots].lastStable == 1)
    #expect(try fixture.read(client, LogFixture.snapshots) == ([0], 1))
  }

  @Test func aDecidedCommitIsInvisibleUntilItsMarkerComes() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    try client.begin()
    try fixture.produce(client, "x")
    try client.commit(fixture.at(5))
    #expect(try fixture.read(client, LogFixture.snapshots) == ([], 0))
    #expect(log.committedOffset(of: LogFixture.changes) == nil)
    log.deliverAllMarkers()
    #expect(try fixture.read(client, LogFixture.snapshots) == ([0], 2), "the end lies behind the marker")
    #expect(log.committedOffset(of: LogFixture.changes) == 5)
    #expect(client.writtenUpTo(LogFixture.snapshots) == 1)
  }

  @Test func anAbortedRecordIsNeverSeenAndItsMarkerTakesAnOffset() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    try client.begin()
    try fixture.produce(client, "x")
    try client.abort()
    log.deliverAllMarkers()
    #expect(try fixture.read(client, LogFixture.snapshots) == ([], 2))
    #expect(client.writtenUpTo(LogFixture.snapshots) == nil)
  }

  @Test func committedOffsetsAreNotStableWhileATransactionThatSentThemIsUndecided() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    try client.begin()
    try client.commit(fixture.at(5))
    #expect(try fixture.recovery { _ = try client.committed([LogFixture.changes]) } == .retry)
    #expect(try client.committed([LogPartition(.contactRequests, 0)]).first?.offset == nil)
    log.deliverAllMarkers()
    #expect(try client.committed([LogFixture.changes]) == fixture.at(5))
  }

  @Test func aNewIncarnationFencesTheOldOneAndAbortsItsTransaction() throws {
    let old = try fixture.client(fixture.host("a", instance: "a"))
    try fixture.follow(old)
    try old.begin()
    try fixture.produce(old, "old")
    let new = fixture.host("a", instance: "a").makeClient()
    while try fixture.recovery({ try new.connect() }) == .retry { log.deliverAllMarkers() }
    #expect(log[LogFixture.snapshots].lastStable == log[LogFixture.snapshots].high)
    #expect(try fixture.read(new, LogFixture.snapshots).offsets == [])
    let failure = #expect(throws: LogFailure.self) { try old.commit(fixture.at(5)) }
    #expect(failure?.recovery == .abortTransaction || failure?.isFenced == true)
    log.deliverAllMarkers()
    #expect(log.committedOffset(of: LogFixture.changes) == nil)
  }

  @Test func initialisingWaitsForTheMarkersOfADecidedTransaction() throws {
    let old = try fixture.client(fixture.host("a"))
    try fixture.follow(old)
    try old.begin()
    try fixture.produce(old, "old")
    try old.commit(fixture.at(1))
    let new = fixture.host("a").makeClient()
    while try fixture.recovery({ try new.connect() }) == .retry {
      #expect(log[LogFixture.snapshots].lastStable == 0)
    }
    #expect(try fixture.read(new, LogFixture.snapshots).offsets == [0], "it was committed, and stays so")
    #expect(log.committedOffset(of: LogFixture.changes) == 1)
  }

  @Test func aTransactionBeyondItsTimeOutIsAbortedAndItsProducerFenced() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    try client.begin()
    try fixture.produce(client, "x")
    log.advance(milliseconds: log.timeouts.transaction + 1)
    log.deliverAllMarkers()
    let failure = #expect(throws: LogFailure.self) { try client.commit(fixture.at(1)) }
    #expect(failure?.recovery == .discardClient)
    #expect(failure?.isFenced == true)
    #expect(try fixture.read(try fixture.client(fixture.host("b")), LogFixture.snapshots).offsets == [])
  }

  @Test func aFencedProducersLateRecordIsCoveredByTheAbortMarker() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    try client.begin()
    try fixture.produce(client, "early")
    log.advance(milliseconds: log.timeouts.transaction + 1)
    try fixture.produce(client, "late")
    #expect(log[LogFixture.snapshots].high == 2, "the partition does not know of the new epoch yet")
    log.deliverAllMarkers()
    #expect(log.committedRecords(of: LogFixture.snapshots).isEmpty)
    #expect(log[LogFixture.snapshots].lastStable == 3)
    #expect(throws: LogFailure.self) { try fixture.produce(client, "too late") }
  }

  @Test(arguments: [
    [LogPosition(LogFixture.changes, offset: nil)], [],
  ])
  func aTransactionWithoutOffsetsIsNotFencedByTheGroup(_ positions: [LogPosition]) throws {
    let zombie = try fixture.client(fixture.host("a"))
    try fixture.follow(zombie)
    try zombie.begin()
    try fixture.produce(zombie, "x")
    log.rebalance()
    log.advance(milliseconds: log.timeouts.pollInterval + 1)
    let client = try fixture.client(fixture.host("b"))
    try client.begin()
    try fixture.produce(client, "unfenced")
    #expect(try fixture.recovery { try client.commit(positions) } == nil)
  }

  @Test func outputsAreVisibleAtOnceWithoutTransactions() throws {
    let client = try fixture.client(fixture.host("a", isTransactional: false))
    try fixture.follow(client)
    try client.begin()
    try fixture.produce(client, "x")
    try client.abort()
    #expect(try fixture.read(client, LogFixture.snapshots).offsets == [0])
    try client.commit(fixture.at(3))
    #expect(log.committedOffset(of: LogFixture.changes) == 3)
  }
}
