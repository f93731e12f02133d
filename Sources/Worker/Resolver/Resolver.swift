// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Kafka
import PresenceEvents
import PresenceModel
import Synchronization

/// The role that does network I/O: reads look-ups, lets the chain ask the agents, and sends on what it found out.
///
/// (a) A look-up is finished when its answer, and the request that waited for it, are acknowledged by the log; the
///     lowest unfinished offset of each partition is what is committed. So nothing is lost when it is killed.
/// (b) Answers may repeat; presence rule 5 and contact rule 2 make that harmless. There are no transactions: an open one
///     in `presence.changes` would hold back every pushed change for its readers.
/// (c) A look-up past its deadline is sent on at once, without a call.
/// (d) What waits for one agent leaves room for the others (`Bulkhead`); what finds none is sent on at once.
/// (e) Another chain is taken over between two turns; the one before serves what it was asked.
///
/// One thread runs `step()`; agents answer on others and leave their findings in an inbox. The stages: `poll` reads,
/// `Resolver+Lookups` decides who is asked, `Resolver+Answers` sends on and awaits the acknowledgements,
/// `Resolver+Committing` commits.
final class Resolver<C: Clock> where C.Duration == Duration {
  /// Where agents leave what they have found.
  final class Inbox: Sendable {
    private let findings = Mutex<[(id: UInt64, finding: PresenceFinding)]>([])

    func leave(_ finding: PresenceFinding, for id: UInt64) {
      findings.withLock { $0.append((id, finding)) }
    }

    func takeAll() -> [(id: UInt64, finding: PresenceFinding)] {
      findings.withLock { findings in
        let taken = findings
        findings.removeAll(keepingCapacity: true)
        return taken
      }
    }
  }

  var settings: ResolverSettings
  let clock: any LaneClock
  /// The newest chain; it runs already.
  private let latestChain: () -> PresenceChain<C>
  private(set) var chain: PresenceChain<C>
  private(set) var consumer: KafkaConsumer?
  private(set) var producer: KafkaProducer?
  private(set) var topics: [LogTopic: KafkaTopic] = [:]
  var ledgers: [Int32: OffsetLedger] = [:]
  var pending: PendingLookups
  private(set) var inbox = Inbox()
  var answer: ResolverAnswer
  var headers = KafkaHeaders()
  /// What ends the clients, noted where it cannot be thrown.
  var failure: KafkaError?
  var committedAt: Int64 = 0
  private var reconnectAt = Int64.min
  private var failuresInARow = 0
  /// Beats at each turn: for a watchdog.
  private let heartbeat: Heartbeat
  var status = ResolverStatus()

  init(
    settings: ResolverSettings,
    clock: any LaneClock = SystemLaneClock(),
    heartbeat: Heartbeat = Heartbeat(),
    latestChain: @escaping () -> PresenceChain<C>
  ) {
    self.settings = settings
    self.clock = clock
    self.heartbeat = heartbeat
    self.latestChain = latestChain
    chain = latestChain()
    pending = PendingLookups(lookups: settings.maximumUnderWay, bytes: settings.maximumUnderWayBytes)
    answer = ResolverAnswer(source: settings.eventSource)
  }

  // MARK: The loop

  /// One turn: takes findings, reads look-ups, commits what is finished. Blocks for a few milliseconds.
  func step() {
    heartbeat.beat(at: clock.monotonic)
    adoptChain()
    do throws(KafkaError) {
      guard try connect() else { return }
      try takeFindings()
      try takeDeliveries()
      try poll()
      if clock.monotonic - committedAt >= settings.commitInterval.milliseconds { try commit() }
      failuresInARow = 0
    } catch {
      settings.observer.error(error)
      status.fault = error.debugDescription
      restart()
    }
    if status.isReady { status.lastReadyAt = clock.monotonic }
  }

  /// Waits for what is under way within the budget, commits and leaves the group.
  func stop() {
    let end = clock.monotonic + settings.drainBudget.milliseconds
    do throws(KafkaError) {
      while !pending.isEmpty, clock.monotonic < end, let producer {
        try takeFindings()
        try producer.poll(timeout: .milliseconds(5))
        try takeDeliveries()
      }
      try commit()
    } catch {
      settings.observer.error(error)
    }
    close(leaving: settings.leavesGroup && settings.groupInstanceID != nil)
    status.isReady = false
    status.isStopped = true
    heartbeat.stop()
  }

  /// Brings the parts of the status up to date that are not counted on the way.
  func refreshStatus() {
    status.underWay = pending.count
    status.underWayBytes = pending.bytes
    status.oldestSince = pending.oldestSince
  }

  /// Has other limits from now on.
  func adopt(_ limits: ResolverSettings.Limits) {
    settings.limits = limits
    pending.limit(lookups: limits.underWay, bytes: limits.underWayBytes)
  }

  /// Goes over to the newest chain, and lets the one before end when it has served whoever waits for it.
  private func adoptChain() {
    let newest = latestChain()
    guard newest !== chain else { return }
    let before = chain
    chain = newest
    pending.chainChanged()
    before.close()
    status.reloads += 1
  }

  // MARK: Clients

  private func connect() throws(KafkaError) -> Bool {
    if consumer != nil { return true }
    guard clock.monotonic >= reconnectAt else {
      // Nothing else to wait on: the thread has no client whose poll could block.
      pauseThread(milliseconds: 20)
      return false
    }
    let producer = try KafkaProducer(
      settings.producerConfiguration,
      clientID: settings.clientID,
      transactionalID: nil,
      observer: settings.observer(of: "producer")
    )
    for topic in [LogTopic.presenceChanges, .contactRequests, .deadLetters] {
      topics[topic] = try producer.topic(settings.name(of: topic))
    }
    let consumer = try KafkaConsumer(
      settings.consumerConfiguration,
      role: .member(group: settings.groupName, instance: settings.groupInstanceID),
      clientID: settings.clientID,
      observer: settings.observer(of: "consumer")
    )
    try consumer.subscribe(to: [settings.name(of: .presenceLookups)])
    self.producer = producer
    self.consumer = consumer
    return true
  }

  private func restart() {
    close()
    status.isReady = false
    forgetLags()
    status.reconnects += 1
    let backoff = Int64(250) << min(failuresInARow, 5)
    failuresInARow += 1
    reconnectAt = clock.monotonic + backoff
  }

  private func close(leaving: Bool = false) {
    forgetPending()
    do throws(KafkaError) {
      try consumer?.close(leaving: leaving)
    } catch {
      settings.observer.error(error)
    }
    producer?.close()
    consumer = nil
    producer = nil
    topics.removeAll()
    settings.vitals?.forget("resolver")
  }

  private func forgetLags() {
    status.partitions = []
    status.lags = []
  }

  // MARK: Reading

  private struct Visitor: KafkaRecordVisitor {
    let resolver: Resolver

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      resolver.begin(KafkaLogRecord(copy record, topic: .presenceLookups))
      return resolver.failure == nil && resolver.pending.free > 0 ? .next : .stop
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {
      resolver.ledgers[partition]?.reachedEnd(at: offset)
    }

    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
      if error.recovery != .retry { resolver.failure = error }
    }
  }

  private func poll() throws(KafkaError) {
    guard let consumer, let producer else { return }
    try producer.poll()
    guard pending.free > 0 else {
      try producer.poll(timeout: .milliseconds(2))
      return
    }
    var visitor = Visitor(resolver: self)
    let poll = try consumer.poll(
      timeout: .milliseconds(pending.isEmpty ? 50 : 2),
      limit: min(500, pending.free),
      into: &visitor
    )
    try throwFailure()
    switch poll.rebalance {
    case .none: break
    case .assigned(let partitions):
      forgetPending()
      for partition in partitions { ledgers[partition.partition] = OffsetLedger() }
      try consumer.assign(partitions.map { KafkaPosition($0, .committed) })
      status.isReady = true
      status.partitions = partitions.map(\.partition).sorted()
      status.fault = nil
    case .revoked(_, let lost):
      if !lost { try commit() }
      forgetPending()
      try consumer.unassign()
      status.isReady = false
      forgetLags()
    }
  }

  /// Throws what was noted where it could not be thrown.
  func throwFailure() throws(KafkaError) {
    guard let failure else { return }
    self.failure = nil
    throw failure
  }

  /// What is under way belongs to an assignment; whoever has its partitions next reads it again.
  private func forgetPending() {
    pending.removeAll()
    ledgers.removeAll()
    inbox = Inbox()
  }
}
