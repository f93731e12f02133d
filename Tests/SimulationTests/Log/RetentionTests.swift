// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Testing
import Worker

/// What becomes of readers whose records are deleted, or whose leader knows less than there is.
@Suite struct RetentionTests {
  private let fixture = LogFixture()
  private var log: SimulatedLog { fixture.log }

  private func write(_ count: Int) {
    for index in 0..<count { log.write(RecordContent(key: "k", value: "\(index)"), to: LogFixture.changes) }
  }

  @Test func aReaderBehindTheFirstOffsetIsSentOnToIt() throws {
    write(5)
    log[LogFixture.changes].delete(before: 3)
    let client = try fixture.client(fixture.host("a"))
    let (offsets, end) = try fixture.read(client, LogFixture.changes)
    #expect(offsets == [3, 4])
    #expect(end == 5)
    #expect(log.events[.offsetOutOfRange] == 1)
    #expect(log.everCommittedRecords(of: LogFixture.changes).map(\.offset) == [0, 1, 2, 3, 4])
  }

  @Test func onlyWhatTheGroupHasConsumedIsDeleted() throws {
    write(5)
    log.deleteConsumed()
    #expect(log[LogFixture.changes].records.count == 5)
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    try client.begin()
    try client.commit(fixture.at(2))
    log.deliverAllMarkers()
    for _ in 0..<50 { log.deleteConsumed() }
    #expect(log[LogFixture.changes].records.map(\.offset) == [2, 3, 4])
    #expect(log[LogFixture.changes].high == 5)
  }

  @Test func aSlowLeaderShowsAnEndThatIsNotTheEndAndWatermarksAreTrue() throws {
    write(2)
    let client = try fixture.client(fixture.host("a"))
    while log[LogFixture.changes].fetchEnd == log[LogFixture.changes].lastStable {
      log.slowDown()
      write(1)
    }
    let shown = log[LogFixture.changes].fetchEnd
    let (offsets, end) = try fixture.read(client, LogFixture.changes)
    #expect(end == shown)
    #expect(offsets.count == Int(shown))
    #expect(log[LogFixture.changes].high > shown)
    log.speedUp()
    #expect(try fixture.read(client, LogFixture.changes).end == log[LogFixture.changes].high)
  }
}
