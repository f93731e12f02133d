// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import Kafka
import PresenceModel
import Synchronization

@testable import Worker

/// Bridges of one group on a broker in this process, with a network that the test plays.
final class BridgeStage: Sendable {
  /// A change that a bridge has published.
  struct Change: @unchecked Sendable {  // the value is made once and only read
    var partition: Int32
    var timestamp: Timestamp
    var value: [String: Any]
    var bytes: [UInt8]
    var headers: [String: String]

    var user: String { value.text("user") ?? "" }
  }

  /// A process with a bridge.
  final class Member: Sendable {
    private struct State {
      var status = BridgeStatus()
      var isStopping = false
      var isKilled = false
    }

    let name: String
    private let roster: Mutex<LiveRoster>
    private let state = Mutex(State())
    private let inbox = BridgeInbox()
    private let ended: AsyncStream<Never>
    private let end: AsyncStream<Never>.Continuation
    private let subscribers = Mutex<Task<Void, Never>?>(nil)

    fileprivate init(_ name: String, _ settings: BridgeSettings, _ roster: LiveRoster) {
      self.name = name
      self.roster = Mutex(roster)
      (ended, end) = AsyncStream.makeStream(of: Never.self)
      run(roster)
      let thread = Thread { [self] in loop(settings) }
      thread.name = name
      thread.start()
    }

    var status: BridgeStatus { state.withLock { $0.status } }

    /// Goes over to other subscribers.
    func replace(_ roster: LiveRoster) {
      run(roster)
      self.roster.withLock { $0 = roster }
    }

    /// Ends as a process does that is told to, and returns when it has.
    func stop() async {
      state.withLock { $0.isStopping = true }
      for await _ in ended {}
      subscribers.withLock { $0 }?.cancel()
    }

    /// Ends as a process does that is killed: nobody is told.
    func kill() async {
      state.withLock { $0.isKilled = true }
      for await _ in ended {}
      subscribers.withLock { $0 }?.cancel()
    }

    private func run(_ roster: LiveRoster) {
      subscribers.withLock { running in
        running?.cancel()
        running = Task { [inbox] in await roster.run(into: inbox) }
      }
    }

    private func loop(_ settings: BridgeSettings) {
      let bridge = Bridge(settings: settings, inbox: inbox) { [self] in roster.withLock { $0 } }
      while !state.withLock({ $0.isStopping || $0.isKilled }) {
        bridge.step()
        bridge.refreshStatus()
        state.withLock { $0.status = bridge.status }
      }
      if state.withLock({ $0.isKilled }) { inbox.close() } else { bridge.stop() }
      state.withLock { $0.status = bridge.status }
      end.finish()
    }
  }

  static let partitions = 4
  let cluster: KafkaMockCluster
  let network: ToldNetwork
  private let changes: AsyncStream<Change>
  private let found: AsyncStream<Change>.Continuation
  private let isStopping = Mutex(false)

  init(lease: Int = 3_600) throws {
    cluster = try KafkaMockCluster()
    network = ToldNetwork(lease: lease)
    for topic in [LogTopic.userProfiles, .presenceChanges] {
      try cluster.createTopic(topic.name, partitions: Self.partitions)
    }
    (changes, found) = AsyncStream.makeStream(of: Change.self)
    let thread = Thread { [self] in read() }
    thread.name = "changes"
    thread.start()
  }

  /// Ends the reader.
  func close() { isStopping.withLock { $0 = true } }

  /// Starts a process with a bridge.
  func start(_ name: String, change: (inout BridgeSettings) -> Void = { _ in }) throws -> Member {
    var settings = BridgeSettings(
      common: KafkaConfiguration(bootstrapServers: cluster.bootstrapServers),
      instance: name
    )
    settings.sessionTimeout = .seconds(6)
    settings.consumer["heartbeat.interval.ms"] = "200"
    change(&settings)
    return Member(name, settings, try roster(name))
  }

  /// The subscribers of a process.
  func roster(_ name: String, agent: String = "net") throws -> LiveRoster {
    let subscriber = network.subscriber(name, agent: agent)
    return LiveRoster(directory: try AgentDirectory([subscriber.descriptor]), subscribers: [subscriber])
  }

  /// Writes profiles of users at the network, or deletes them.
  func profiles(_ users: [String], isDeleted: Bool = false) throws {
    let common = KafkaConfiguration(bootstrapServers: cluster.bootstrapServers)
    let producer = try KafkaProducer(common, clientID: "portal", transactionalID: nil)
    let topic = try producer.topic(LogTopic.userProfiles.name)
    for user in users {
      let json = Array(#"{"user":"\#(user)","enterpriseAddress":"\#(user)@net.example"}"#.utf8)
      try Array(user.utf8).withUnsafeBytes { key in
        let partition = JavaPartitioner.partition(ofKey: key, count: Int32(Self.partitions))
        try json.withUnsafeBytes { value in
          try producer.produce(topic, partition: partition, key: key, value: isDeleted ? nil : value)
        }
      }
    }
    try producer.flush(timeout: .seconds(30))
    producer.close()
  }

  /// The changes in the order in which they were read, until those that were wanted of each of the users have come.
  func next(_ users: Set<String>, where fits: (Change) -> Bool = { _ in true }) async -> [Change] {
    var missing = users
    var all: [Change] = []
    var iterator = changes.makeAsyncIterator()
    while !missing.isEmpty, let change = await iterator.next() {
      all.append(change)
      if fits(change) { missing.remove(change.user) }
    }
    return all
  }

  // MARK: Reading

  private func read() {
    do {
      let reader = try KafkaConsumer(
        KafkaConfiguration(bootstrapServers: cluster.bootstrapServers).merging(["fetch.wait.max.ms": "10"]),
        role: .reader(group: "test", isolation: .readCommitted),
        clientID: "reader"
      )
      try reader.assign(
        (0..<Int32(Self.partitions)).map {
          KafkaPosition(KafkaTopicPartition(LogTopic.presenceChanges.name, $0), .beginning)
        }
      )
      while !isStopping.withLock({ $0 }) {
        var visitor = Visitor(found: found)
        _ = try reader.poll(timeout: .milliseconds(20), limit: 1_000, into: &visitor)
      }
      try reader.close()
    } catch {
      preconditionFailure("the broker in this process cannot be read: \(error)")
    }
    found.finish()
  }

  private struct Visitor: KafkaRecordVisitor {
    let found: AsyncStream<Change>.Continuation

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      var headers: [String: String] = [:]
      record.forEachHeader { name, value in
        headers[String(decoding: name, as: UTF8.self)] = value.map { String(decoding: $0, as: UTF8.self) } ?? ""
      }
      let bytes = record.value.map { Array($0) } ?? []
      // What is not JSON would have no user, and no test waits for that.
      let value = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
      found.yield(
        Change(
          partition: record.partition,
          timestamp: Timestamp(milliseconds: record.timestamp),
          value: value ?? [:],
          bytes: bytes,
          headers: headers
        )
      )
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {}
    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {}
  }
}
