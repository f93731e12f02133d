// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Testing
import Worker

/// Kafka's rules for one partition, as the simulated log has them, and what the client does with bytes.
@Suite struct PartitionRulesTests {
  private let fixture = LogFixture()
  private var log: SimulatedLog { fixture.log }
  private var snapshots: SimulatedPartition { log[LogFixture.snapshots] }

  private func write(_ keys: String) {
    for key in keys {
      log.write(
        RecordContent(key: String(key).lowercased(), value: key.isUppercase ? nil : "\(key)"),
        to: LogFixture.snapshots
      )
    }
  }

  /// What is written (an upper-case letter is a tombstone of the key), and the offsets that are left.
  @Test(
    arguments: [
      ("aab", 2, [1, 2]),
      ("aba", 2, [0, 1, 2]),
      ("abab", 3, [1, 2, 3]),
      ("abAb", 3, [1, 2, 3]),
      ("aaaa", 4, [2, 3]),
      ("aaaa", 0, [0, 1, 2, 3]),
    ] as [(String, Int64, [Int64])]
  )
  func compactionKeepsTheLastOfEachKeyAndTheOffsets(_ keys: String, _ bound: Int64, _ left: [Int64]) {
    write(keys)
    snapshots.compact(before: bound, tombstonesBefore: .distantPast)
    #expect(snapshots.records.map(\.offset) == left)
    #expect(snapshots.high == Int64(keys.count))
  }

  @Test func compactionForgetsTombstonesWhenTheirTimeIsUp() {
    write("aAb")
    snapshots.compact(before: 2, tombstonesBefore: log.time)
    #expect(snapshots.records.map(\.offset) == [1, 2])
    snapshots.compact(before: 2, tombstonesBefore: log.time.adding(milliseconds: 1))
    #expect(snapshots.records.map(\.offset) == [2])
  }

  @Test func compactionStopsAtAnOpenTransaction() throws {
    let client = try fixture.client(fixture.host("a"))
    write("a")
    try client.begin()
    try fixture.produce(client, "a")
    write("aa")
    snapshots.compact(before: 4, tombstonesBefore: .distantPast)
    #expect(snapshots.records.map(\.offset) == [0, 1, 2, 3])
  }

  @Test func compactionNeverPrefersAnAbortedRecord() {
    write("a")
    log.writeTransaction([RecordContent(key: "a", value: "aborted")], to: LogFixture.snapshots, commits: false)
    write("b")
    snapshots.compact(before: 9, tombstonesBefore: .distantPast)
    #expect(log.committedRecords(of: LogFixture.snapshots).map(\.keyText) == ["a", "b"])
    #expect(snapshots.records.map(\.offset) == [0, 2, 3])
  }

  @Test func topicsThatAreNotCompactedKeepEverything() {
    for _ in 0..<3 { log.write(RecordContent(key: "a", value: ""), to: LogFixture.outcomes) }
    log[LogFixture.outcomes].compact(before: 3, tombstonesBefore: .distantPast)
    #expect(log[LogFixture.outcomes].records.count == 3)
  }

  @Test func theEndIsReportedOnceAndAgainWhenItHasMoved() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    #expect(try fixture.poll(client).ends[LogFixture.changes] == 0)
    #expect(try fixture.poll(client).ends.isEmpty)
    log.writeTransaction([RecordContent(key: "a", value: "")], to: LogFixture.changes, commits: false)
    let next = try fixture.poll(client)
    #expect(next.offsets.isEmpty)
    #expect(next.ends == [LogFixture.changes: 2], "behind the aborted record and its marker")
  }

  @Test func watermarksCountWhatIsOpenAndAborted() throws {
    let client = try fixture.client(fixture.host("a"))
    try client.begin()
    try fixture.produce(client, "open")
    log.advance(milliseconds: 1_000)
    write("b")
    client.requestBounds(of: [LogFixture.snapshots], atTime: log.time, token: 7)
    let answer = try #require(client.takeBounds())
    #expect(answer.token == 7)
    #expect(answer.bounds == [LogBounds(partition: LogFixture.snapshots, high: 2, atTime: 1)])
    #expect(client.takeBounds() == nil)
  }

  @Test func aKeptViewShowsPoisonAfterTheCall() throws {
    let client = try fixture.client(fixture.host("a"))
    try fixture.follow(client)
    log.write(RecordContent(key: "key", value: "value", headers: [StoredHeader("h", "x")]), to: LogFixture.changes)
    var kept: [ByteView] = []
    _ = try client.poll(
      wait: .zero,
      limit: 1,
      onRecord: { record in
        #expect(record.key?.string == "key")
        kept = [record.key!, record.value!]
        record.forEachHeader { kept += [$0, $1!] }
        #expect(kept.map(\.string) == ["key", "value", "h", "x"])
      },
      onEnd: { _, _ in }
    )
    #expect(kept.allSatisfy { $0.raw.allSatisfy { $0 == 0xDD } })
  }

  @Test func aDeadProcessHasNoEffectAnyMore() throws {
    let host = fixture.host("a")
    let client = try fixture.client(host)
    try fixture.follow(client)
    try client.begin()
    host.crash("test")
    let version = log.version
    #expect(try fixture.recovery { try fixture.produce(client, "x") } == .discardClient)
    #expect(try fixture.recovery { try client.commit(fixture.at(1)) } == .discardClient)
    #expect(try fixture.recovery { try host.makeClient().connect() } == .discardClient)
    client.close(leaveGroup: true)
    #expect(log.version == version)
  }
}
