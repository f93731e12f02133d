// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import Kafka
import PresenceModel
import TestSupport
import Testing

@testable import Worker

/// Bridges on a broker in this process.
@Suite(.timeLimit(.minutes(20)))
struct BridgeGroupTests {
  private static let users = (0..<24).map { "user\($0)" }

  private func address(_ user: String) throws -> IMAddress { try IMAddress("\(user)@net.example") }

  /// What an enricher says of the changes, each applied at the time of its record.
  private func offline(after changes: [BridgeStage.Change], seconds: Double = 0) throws -> [String] {
    let changes = changes.sorted { $0.timestamp < $1.timestamp }
    let office = try Office(at: try #require(changes.first?.timestamp))
    for change in changes {
      office.pass(seconds: Double(change.timestamp.milliseconds - office.rules.wall.milliseconds) / 1_000)
      lapse(office)
      office.send(.presenceChanges, key: change.user, bytes: change.bytes)
    }
    office.pass(seconds: seconds)
    lapse(office)
    #expect(office.counters.deadLetters == [:])
    return office.outputs.filter { $0.topic == .presenceSnapshots && $0.value?.text("state") == "offline" }
      .compactMap(\.key)
  }

  /// Lets leases lapse that are over.
  private func lapse(_ office: Office) {
    office.rules.confirmCaughtUp()
    office.rules.runTimers()
  }

  @Test("What a network tells comes out in the user's partition, in the contract's form")
  func form() async throws {
    let stage = try BridgeStage()
    defer { stage.close() }
    try stage.profiles(["ann"])
    stage.network.say(try address("ann"), .busy)
    let member = try stage.start("a")
    let change = try #require(await stage.next(["ann"]).last)
    #expect(change.value.text("state") == "busy")
    #expect(change.value.text("source") == "net")
    #expect(change.value.text("imAddress") == "ann@net.example")
    #expect(change.value.number("leaseSeconds") == 300)
    let sequence = try #require(change.value.number("sequence"))
    let partition = Array("ann".utf8).withUnsafeBytes {
      JavaPartitioner.partition(ofKey: $0, count: Int32(BridgeStage.partitions))
    }
    #expect(change.partition == partition)
    #expect(change.headers["ce_type"] == "presence.change.v1")
    #expect(change.headers["ce_subject"] == "ann")
    #expect(change.headers["ce_id"]?.hasPrefix("ann/") == true)
    #expect(change.headers["ce_id"]?.hasSuffix("/\(sequence)") == true)

    stage.network.say(try address("ann"), .away)
    #expect(await stage.next(["ann"]).map { $0.value.text("state") } == ["away"])
    try stage.profiles(["ann"], isDeleted: true)
    await stage.network.wait { $0["a"]?.isEmpty ?? false }
    await member.stop()
    #expect(member.status.isStopped)
  }

  @Test("A bridge that is killed is taken over, and nobody was offline in between")
  func killed() async throws {
    let stage = try BridgeStage()
    defer { stage.close() }
    let users = Set(Self.users)
    try stage.profiles(Self.users)
    for user in users { stage.network.say(try address(user), .busy) }
    let first = try stage.start("a")
    await stage.network.wait { $0["a"] == users }
    let second = try stage.start("b")
    await stage.network.wait { watches in
      let (a, b) = (watches["a"] ?? [], watches["b"] ?? [])
      return !a.isEmpty && !b.isEmpty && a.isDisjoint(with: b) && a.union(b) == users
    }
    var changes = await stage.next(users)
    let orphans = stage.network.watches["a"] ?? []
    await first.kill()
    stage.network.silence("a")
    for user in orphans { stage.network.say(try address(user), .away) }
    await stage.network.wait { $0["b"] == users }
    changes += await stage.next(orphans) { $0.value.text("state") == "away" }
    for user in users {
      let sequences = changes.filter { $0.user == user }.compactMap { $0.value.number("sequence") }
      #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 })
    }
    #expect(try offline(after: changes) == [])
    #expect(Set(try offline(after: changes, seconds: 320)) == users, "leases would have lapsed in the end")
    await second.stop()
  }

  @Test("A bridge that is stopped says what waits, and what it said holds until its successor says it again")
  func stopped() async throws {
    let stage = try BridgeStage()
    defer { stage.close() }
    try stage.profiles(["ann"])
    stage.network.say(try address("ann"), .online)
    let first = try stage.start("a") {
      $0.rules.burst = 1
      $0.rules.interval = 86_400_000  // longer than the test may be kept waiting for a thread
    }
    var changes = await stage.next(["ann"])
    stage.network.say(try address("ann"), .busy)
    try await waitUntil { first.status.waiting > 0 }
    await first.stop()
    changes += await stage.next(["ann"])
    #expect(changes.map { $0.value.text("state") } == ["online", "busy"])
    stage.network.silence("a")
    let second = try stage.start("b")
    changes += await stage.next(["ann"])
    #expect(changes.last?.value.text("state") == "busy")
    #expect(try offline(after: changes) == [])
    await second.stop()
  }

  @Test("A successor whose clock is behind begins above the sequences of the one before")
  func clockBehind() async throws {
    let stage = try BridgeStage()
    defer { stage.close() }
    try stage.profiles(["ann"])
    stage.network.say(try address("ann"), .online)
    let ahead = Int(Date().timeIntervalSince1970 * 1_000) + 3_600_000
    let common = KafkaConfiguration(bootstrapServers: stage.cluster.bootstrapServers)
    let producer = try KafkaProducer(common, clientID: "before", transactionalID: nil)
    let topic = try producer.topic(LogTopic.presenceChanges.name)
    let json = """
      {"user":"ann","source":"net","state":"busy","observedAt":"2026-11-26T12:00:00.000Z","sequence":\(ahead)}
      """
    try Array("ann".utf8).withUnsafeBytes { key in
      let partition = JavaPartitioner.partition(ofKey: key, count: Int32(BridgeStage.partitions))
      try Array(json.utf8).withUnsafeBytes { value in
        try producer.produce(topic, partition: partition, key: key, value: value)
      }
    }
    try producer.flush(timeout: .seconds(30))
    producer.close()
    let member = try stage.start("b")
    let changes = await stage.next(["ann"]) { $0.value.text("state") == "online" }
    #expect(changes.last?.value.number("sequence") == ahead + 1)
    await member.stop()
  }

  @Test("Other subscribers of a new configuration take over without a restart")
  func reload() async throws {
    let stage = try BridgeStage()
    defer { stage.close() }
    try stage.profiles(["ann"])
    stage.network.say(try address("ann"), .online)
    let member = try stage.start("a")
    #expect(await stage.next(["ann"]).last?.value.text("source") == "net")
    stage.network.silence("a")
    member.replace(try stage.roster("a", agent: "other"))
    let changes = await stage.next(["ann"]) { $0.value.text("source") == "net" }
    #expect(changes.map { $0.value.text("source") } == ["other", "net"])
    #expect(changes.map { $0.value.text("state") } == ["online", "online"])
    #expect(changes.map { $0.value.number("leaseSeconds") } == [300, 1])
    #expect(member.status.reloads == 1)
    await member.stop()
  }
}
