// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import Foundation
import Kafka
import PresenceModel
import Synchronization
import Testing

@testable import Worker

/// A resolver on a broker in this process: the test writes look-ups, plays the agents and reads what comes out.
final class ResolverStage: Sendable {
  /// A record that the resolver has written.
  struct Output: @unchecked Sendable {  // the value is made once and only read
    var topic: LogTopic
    var key: String?
    var value: [String: Any]
    var headers: [String: String]
  }

  private struct State {
    var chain: PresenceChain<ContinuousClock>
    var status = ResolverStatus()
    var isStopping = false
  }

  let cluster: KafkaMockCluster
  private let state: Mutex<State>
  private let outputs: AsyncStream<Output>
  private let found: AsyncStream<Output>.Continuation
  private let settings: ResolverSettings
  private let kept = Mutex<[Output]>([])

  static let partitions = 2

  /// Runs `body` with a resolver that works, and stops it afterwards.
  static func run(
    _ agents: [ScriptedAgent],
    cluster: KafkaMockCluster? = nil,
    change: (inout ResolverSettings) -> Void = { _ in },
    _ body: (ResolverStage) async throws -> Void
  ) async throws {
    let stage = try ResolverStage(agents, cluster: cluster, change: change)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let chain = stage.state.withLock { $0.chain }
      group.addTask { await chain.run() }
      group.addTask { try await stage.work() }
      let result: Result<Void, any Error>
      do { result = .success(try await body(stage)) } catch { result = .failure(error) }
      stage.state.withLock { $0.isStopping = true }
      try await group.next()  // either: a chain ends only when it is cancelled, so this is the resolver
      group.cancelAll()
      try result.get()
    }
  }

  private init(
    _ agents: [ScriptedAgent],
    cluster given: KafkaMockCluster?,
    change: (inout ResolverSettings) -> Void
  ) throws {
    if let given {
      cluster = given
    } else {
      cluster = try KafkaMockCluster()
      for topic in [LogTopic.presenceLookups, .presenceChanges, .contactRequests, .deadLetters] {
        try cluster.createTopic(topic.name, partitions: Self.partitions)
      }
    }
    var settings = ResolverSettings(
      common: KafkaConfiguration(bootstrapServers: cluster.bootstrapServers),
      instance: "t"
    )
    settings.sessionTimeout = .seconds(6)
    settings.limits.commitInterval = .milliseconds(20)
    settings.limits.drainBudget = .zero
    change(&settings)
    self.settings = settings
    state = Mutex(State(chain: try PresenceChain(agents)))
    (outputs, found) = AsyncStream.makeStream(of: Output.self)
  }

  /// The resolver's status after its last turn.
  var status: ResolverStatus { state.withLock { $0.status } }

  /// Lets the resolver go over to other agents, whose chain runs until it is closed.
  func replace(_ agents: [ScriptedAgent]) throws -> Task<Void, Never> {
    let chain = try PresenceChain(agents)
    state.withLock { $0.chain = chain }
    return Task { await chain.run() }
  }

  /// The next record of a topic, in the order in which they were read.
  func next(_ topic: LogTopic, where fits: (Output) -> Bool = { _ in true }) async throws -> Output {
    let known = kept.withLock { kept in
      kept.firstIndex { $0.topic == topic && fits($0) }.map { kept.remove(at: $0) }
    }
    if let known { return known }
    var iterator = outputs.makeAsyncIterator()
    while let output = await iterator.next() {
      if output.topic == topic, fits(output) { return output }
      kept.withLock { $0.append(output) }
    }
    throw CancellationError()
  }

  /// Writes look-ups in one go, each with these headers.
  func send(_ lookups: [(user: String, json: String)], headers: KeyValuePairs<StaticString, StaticString> = [:]) throws
  {
    let producer = try KafkaProducer(
      KafkaConfiguration(bootstrapServers: cluster.bootstrapServers),
      clientID: "test",
      transactionalID: nil
    )
    let topic = try producer.topic(LogTopic.presenceLookups.name)
    var list = KafkaHeaders()
    for (name, value) in headers { list.append(name, value) }
    for (user, json) in lookups {
      let key = Array(user.utf8)
      let value = Array(json.utf8)
      try key.withUnsafeBytes { key in
        let partition = JavaPartitioner.partition(ofKey: key, count: Int32(Self.partitions))
        try value.withUnsafeBytes { value in
          try producer.produce(topic, partition: partition, key: key, value: value, headers: list)
        }
      }
    }
    try producer.flush(timeout: .seconds(30))
    producer.close()
  }

  /// A look-up's JSON.
  ///
  /// - Parameters:
  ///   - milliseconds: its deadline from now on.
  ///   - body: the body of the request that waits for it; nil where none does.
  func lookup(
    _ user: String,
    _ address: String,
    within milliseconds: Int = 3_600_000,
    body: String? = nil
  ) -> (user: String, json: String) {
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    let deadline = now.adding(milliseconds: Int64(milliseconds))
    let contact = body.map { body in
      """
      ,"contact":{"id":"r-\(user)","requester":{"user":"asker","mail":"a@corp.example"},"recipient":"\(user)",\
      "channel":"auto","body":"\(body)","requestedAt":"\(now)"}
      """
    }
    let json = """
      {"lookupId":"l-\(user)","user":"\(user)","imAddress":"\(address)","reason":"\(body == nil ? "asked" : "contact")",\
      "notOlderThan":"\(now.adding(milliseconds: -1_000))","deadline":"\(deadline)",\
      "agents":"\(state.withLock { $0.chain.directory.hash })"\(contact ?? "")}
      """
    return (user, json)
  }

  // MARK: The threads' work

  /// Runs the resolver and a reader of what it writes, in turns, until told to stop.
  private func work() async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let thread = Thread { [self] in
        continuation.resume(with: Result { try loop() })
        found.finish()
      }
      thread.name = "resolver"
      thread.start()
    }
  }

  private func loop() throws {
    let topics = [LogTopic.presenceChanges, .contactRequests, .deadLetters]
    let reader = try KafkaConsumer(
      KafkaConfiguration(bootstrapServers: cluster.bootstrapServers).merging(["fetch.wait.max.ms": "10"]),
      role: .reader(group: "test", isolation: .readCommitted),
      clientID: "reader"
    )
    try reader.assign(
      topics.flatMap { topic in
        (0..<Int32(Self.partitions)).map { KafkaPosition(KafkaTopicPartition(topic.name, $0), .beginning) }
      }
    )
    let resolver = Resolver(settings: settings) { [self] in state.withLock { $0.chain } }
    while !state.withLock({ $0.isStopping }) {
      resolver.step()
      resolver.refreshStatus()
      state.withLock { $0.status = resolver.status }
      var visitor = Visitor(topics: topics, reader: reader, found: found)
      _ = try reader.poll(timeout: .zero, limit: 1_000, into: &visitor)
    }
    resolver.stop()
    try reader.close()
  }

  private struct Visitor: KafkaRecordVisitor {
    let topics: [LogTopic]
    let reader: KafkaConsumer
    let found: AsyncStream<Output>.Continuation

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      let name = reader.name(of: record.topic)
      guard let topic = topics.first(where: { $0.name == name }) else { return .next }
      var headers: [String: String] = [:]
      record.forEachHeader { name, value in
        headers[String(decoding: name, as: UTF8.self)] = value.map { String(decoding: $0, as: UTF8.self) } ?? ""
      }
      // What is not JSON, such as a broken record's dead letter, has no fields.
      let value = record.value.flatMap { try? JSONSerialization.jsonObject(with: Data($0)) } as? [String: Any]
      found.yield(
        Output(
          topic: topic,
          key: record.key.map { String(decoding: $0, as: UTF8.self) },
          value: value ?? [:],
          headers: headers
        )
      )
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {}
    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {}
  }
}
