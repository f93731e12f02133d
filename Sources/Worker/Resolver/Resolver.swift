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
///
/// One thread runs `step()`; agents answer on others and leave their findings in an inbox.
final class Resolver<C: Clock> where C.Duration == Duration {
  private final class Inbox: Sendable {
    let findings = Mutex<[(id: UInt64, finding: PresenceFinding)]>([])
  }

  let settings: ResolverSettings
  private let chain: PresenceChain<C>
  private let clock: any LaneClock
  private var consumer: KafkaConsumer?
  private var producer: KafkaProducer?
  private var topics: [LogTopic: KafkaTopic] = [:]
  private var ledgers: [Int32: OffsetLedger] = [:]
  private var pending: [UInt64: PendingLookup] = [:]
  private var order: [(id: UInt64, since: Int64)] = []
  private var lastID: UInt64 = 0
  private var inbox = Inbox()
  private var answer: ResolverAnswer
  private var headers = KafkaHeaders()
  private var failure: KafkaError?
  private var committedAt: Int64 = 0
  private var reconnectAt = Int64.min
  private var failuresInARow = 0
  /// Beats at each turn: for a watchdog.
  private let heartbeat: Heartbeat
  private(set) var status = ResolverStatus()

  init(
    settings: ResolverSettings,
    chain: PresenceChain<C>,
    clock: any LaneClock = SystemLaneClock(),
    heartbeat: Heartbeat = Heartbeat()
  ) {
    self.settings = settings
    self.heartbeat = heartbeat
    self.chain = chain
    self.clock = clock
    answer = ResolverAnswer(source: settings.eventSource)
  }

  // MARK: The loop

  /// One turn: takes findings, reads look-ups, commits what is finished. Blocks for a few milliseconds.
  func step() {
    heartbeat.beat(at: clock.monotonic)
    do throws(KafkaError) {
      guard try connect() else { return }
      try takeFindings()
      try takeDeliveries()
      try poll()
      if clock.monotonic - committedAt >= settings.commitInterval.milliseconds { try commit() }
      failuresInARow = 0
    } catch {
      settings.observer.error(error)
      status.fault = error.description
      restart()
    }
    while let first = order.first, pending[first.id] == nil { order.removeFirst() }
    status.underWay = pending.count
    status.oldestSince = order.first?.since
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
    close()
    status.isReady = false
    status.isStopped = true
    heartbeat.stop()
  }

  private func connect() throws(KafkaError) -> Bool {
    if consumer != nil { return true }
    guard clock.monotonic >= reconnectAt else {
      // Nothing else to wait on: the thread has no client whose poll could block.
      pauseThread(milliseconds: 20)
      return false
    }
    let own = ["linger.ms": "2", "retry.backoff.ms": "15", "message.max.bytes": String(Topology.largestRecord)]
    let producer = try KafkaProducer(
      KafkaConfiguration(own).merging(settings.statistics).merging(settings.common.properties)
        .merging(settings.producer),
      clientID: settings.clientID,
      transactionalID: nil,
      observer: settings.observer(of: "producer")
    )
    for topic in [LogTopic.presenceChanges, .contactRequests, .deadLetters] {
      topics[topic] = try producer.topic(settings.name(of: topic))
    }
    let consumer = try KafkaConsumer(
      KafkaConfiguration([
        "session.timeout.ms": String(settings.sessionTimeout.milliseconds), "fetch.wait.max.ms": "10",
        "max.poll.interval.ms": String(max(settings.maximumPollInterval, settings.sessionTimeout).milliseconds),
      ]).merging(settings.statistics).merging(settings.common.properties).merging(settings.consumer),
      role: .member(group: settings.groupName, instance: settings.groupInstanceID),
      clientID: settings.clientID,
      observer: settings.observer(of: "consumer")
    )
    try consumer.subscribe(to: [settings.name(of: .presenceLookups)])
    self.producer = producer
    self.consumer = consumer
    return true
  }

  private func poll() throws(KafkaError) {
    guard let consumer, let producer else { return }
    try producer.poll()
    guard pending.count < settings.maximumUnderWay else {
      try producer.poll(timeout: .milliseconds(2))
      return
    }
    var visitor = Visitor(resolver: self)
    let poll = try consumer.poll(
      timeout: .milliseconds(pending.isEmpty ? 50 : 2),
      limit: min(500, settings.maximumUnderWay - pending.count),
      into: &visitor
    )
    if let failure {
      self.failure = nil
      throw failure
    }
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
      status.partitions = []
      status.lags = []
    }
  }

  // MARK: Look-ups

  private struct Visitor: KafkaRecordVisitor {
    let resolver: Resolver

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      resolver.begin(KafkaLogRecord(copy record, topic: .presenceLookups))
      return resolver.failure == nil ? .next : .stop
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {
      resolver.ledgers[partition]?.reachedEnd(at: offset)
    }

    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
      if error.recovery != .retry { resolver.failure = error }
    }
  }

  private func begin(_ record: KafkaLogRecord) {
    let partition = record.partition.partition
    ledgers[partition]?.begin(record.offset)
    status.lookups += 1
    var input = InputHeaders()
    record.forEachHeader { name, value in input.take(name, value) }
    let question: ResolverAnswer.Question
    do throws(DecodingFailure) {
      question = try answer.question(record.bytes, envelope: input.envelope)
    } catch {
      bury(record, DeadLetterFailure(error).reason)
      return
    }
    if question.agents != chain.directory.hash { status.foreignAgents += 1 }
    lastID += 1
    let id = lastID
    let since = clock.monotonic
    pending[id] = PendingLookup(
      partition: partition,
      offset: record.offset,
      user: question.user,
      value: Array(record.bytes),
      since: since,
      trace: question.trace,
      isStructured: !input.envelope.contentType.isEmpty && input.envelope.type.isEmpty
    )
    order.append((id, since))
    let now = clock.wall
    if question.need.deadline <= now {
      let late = AgentError(.deadlinePassed, "The look-up came after its deadline.")
      send(id, PresenceFinding(outcome: .failed(late), agent: nil, observedAt: now, wasCalled: false))
      return
    }
    let inbox = inbox
    chain.submit(question.need) { finding in
      inbox.findings.withLock { $0.append((id, finding)) }
    }
  }

  private func takeFindings() throws(KafkaError) {
    let findings = inbox.findings.withLock { findings in
      let taken = findings
      findings.removeAll(keepingCapacity: true)
      return taken
    }
    for (id, finding) in findings { send(id, finding) }
    if let failure {
      self.failure = nil
      throw failure
    }
  }

  /// Sends on what was found out.
  private func send(_ id: UInt64, _ finding: PresenceFinding) {
    guard var lookup = pending[id] else { return }  // of an assignment that is gone
    status.note(
      ResolverStatus.Result(agent: finding.agent ?? "", code: finding.outcome.code),
      milliseconds: clock.monotonic - lookup.since
    )
    var unacknowledged = 0
    do throws(DecodingFailure) {
      try answer.write(finding, to: lookup, now: clock.wall) { topic, envelope, value in
        headers.truncate(to: 0)
        for index in 0..<envelope.count {
          headers.append(name: envelope.name(at: index).raw, value: envelope.value(at: index).raw)
        }
        lookup.user.withUnsafeBytes { key in
          if !produce(topic, lookup.partition, key: key, value: value, token: UInt(id)), failure == nil {
            failure = KafkaError(code: .messageTooLarge, operation: .produce, recovery: .none)
          }
        }
        unacknowledged += 1
      }
    } catch {
      preconditionFailure("a look-up that was read once can be read again")
    }
    lookup.unacknowledged = unacknowledged
    pending[id] = lookup
  }

  /// Queues a record. Returns false where it is larger than the producer takes; other failures end the clients.
  private func produce(
    _ topic: LogTopic,
    _ partition: Int32,
    key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?,
    token: UInt
  ) -> Bool {
    guard failure == nil, let producer, let target = topics[topic] else { return true }
    while true {
      do throws(KafkaError) {
        try producer.produce(
          target,
          partition: partition,
          key: key,
          value: value,
          headers: headers,
          timestamp: 0,
          token: token
        )
        return true
      } catch {
        if error.code == .messageTooLarge { return false }
        guard error.recovery == .retry else {
          failure = error
          return true
        }
      }
      do throws(KafkaError) {
        try producer.poll(timeout: .milliseconds(5))
      } catch {
        failure = error
        return true
      }
    }
  }

  private func takeDeliveries() throws(KafkaError) {
    guard let producer else { return }
    var failed: KafkaError?
    producer.takeDeliveries { delivery in
      if let error = delivery.error {
        failed = error
        return
      }
      let id = UInt64(delivery.token)
      guard var lookup = pending[id] else { return }
      lookup.unacknowledged -= 1
      if lookup.unacknowledged == 0 {
        pending[id] = nil
        ledgers[lookup.partition]?.finish(lookup.offset)
      } else {
        pending[id] = lookup
      }
    }
    if let failed { throw failed }
  }

  private func bury(_ record: KafkaLogRecord, _ reason: DeadLetterReason) {
    status.deadLetters[reason.code, default: 0] += 1
    lastID += 1
    let now = clock.wall
    pending[lastID] = PendingLookup(
      partition: record.partition.partition,
      offset: record.offset,
      user: [],
      value: [],
      since: clock.monotonic,
      trace: PendingLookup.Trace(),
      unacknowledged: 1
    )
    for form in DeadLetter.Form.allCases {
      let letter = ByteView.withView(of: settings.instance) { worker in
        DeadLetter.headers(of: record, reason: reason, now: now, worker: worker, form: form)
      }
      letter.withHeaders { list in
        headers.truncate(to: 0)
        for header in list { headers.append(name: header.name.raw, value: header.value?.raw) }
      }
      let wasSmallEnough = produce(
        .deadLetters,
        record.partition.partition,
        key: form.hasKeyAndHeaders ? record.key?.raw : nil,
        value: form.hasValue ? record.value?.raw : nil,
        token: UInt(lastID)
      )
      if wasSmallEnough { return }
    }
    preconditionFailure("the headers of a dead letter alone are below any producer's limit")
  }

  // MARK: Committing

  private func commit() throws(KafkaError) {
    committedAt = clock.monotonic
    guard let consumer else { return }
    var positions: [KafkaPosition] = []
    for (partition, ledger) in ledgers {
      if let position = ledger.toCommit {
        positions.append(KafkaPosition(settings.name(of: .presenceLookups), partition, position))
      }
    }
    status.lags = lags(consumer)
    guard !positions.isEmpty else { return }
    try consumer.commit(positions, timeout: .seconds(5))
    for position in positions {
      if let offset = position.offset.exact { ledgers[position.topicPartition.partition]?.didCommit(offset) }
    }
  }

  /// How far behind the resolver is, by what the brokers said with the last records that were fetched.
  private func lags(_ consumer: KafkaConsumer) -> [PartitionLag] {
    ledgers.compactMap { partition, ledger in
      let name = KafkaTopicPartition(settings.name(of: .presenceLookups), partition)
      guard let position = ledger.position, let end = consumer.knownEnd(of: name) else { return nil }
      return PartitionLag(partition: LogPartition(.presenceLookups, partition), position: position, end: end)
    }
  }

  private func forgetPending() {
    pending.removeAll()
    order.removeAll()
    ledgers.removeAll()
    inbox = Inbox()
  }

  private func restart() {
    close()
    status.isReady = false
    status.partitions = []
    status.lags = []
    status.reconnects += 1
    let backoff = Int64(250) << min(failuresInARow, 5)
    failuresInARow += 1
    reconnectAt = clock.monotonic + backoff
  }

  private func close() {
    forgetPending()
    do throws(KafkaError) {
      try consumer?.close()
    } catch {
      settings.observer.error(error)
    }
    producer?.close()
    settings.vitals?.forget("resolver")
    consumer = nil
    producer = nil
    topics.removeAll()
  }
}
