// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceModel

/// A lane's log in Kafka: a consumer of the group, a producer, a reader for restoring, and a prober of watermarks.
///
/// Not Sendable: it belongs to the lane's thread. The prober has a thread of its own, since librdkafka 2.0.2 can ask for
/// watermarks only in calls that block.
final class KafkaLogClient: LogClient {
  typealias Record = KafkaLogRecord

  /// The topics that a lane restores from what it wrote itself.
  private static let stateTopics: [LogTopic] = [.presenceSnapshots, .contactOutcomes]

  private let settings: KafkaLogSettings
  private var consumer: KafkaConsumer?
  private var producer: KafkaProducer?
  private var reader: KafkaConsumer?
  private var prober: WatermarkProber?
  private var inputTopics: [LogTopic] = []
  private var readerTopics: [LogTopic] = []
  private var consumerWake = FetcherWake()
  private var readerWake = FetcherWake()
  private var outputTopics: [KafkaTopic?] = Array(repeating: nil, count: LogTopic.allCases.count)
  private var metadata: KafkaGroupMetadata?
  private var headers = KafkaHeaders()
  private var deliveryFailure: KafkaError?
  private var lastRecordAt: Int64
  /// When the last call has to return that waits for brokers; nil while there is time.
  private var deadline: Int64?
  private let clock = SystemLaneClock()

  init(_ settings: KafkaLogSettings) {
    self.settings = settings
    lastRecordAt = clock.monotonic
  }

  var isTransactional: Bool { settings.isTransactional }

  // MARK: Life

  func connect() throws(LogFailure) {
    try translate { () throws(KafkaError) in
      let producer = try KafkaProducer(
        settings.producerConfiguration,
        clientID: settings.clientID,
        transactionalID: isTransactional ? settings.transactionalID : nil,
        deliveries: .failures,
        observer: settings.observer(of: "producer")
      )
      self.producer = producer
      for topic in LogTopic.allCases where topic != .portalSpaces && topic != .userProfiles {
        outputTopics[Int(topic.rawValue)] = try producer.topic(settings.name(of: topic))
      }
      for topic in Self.stateTopics {
        let output = try producer.topic(settings.name(of: topic))
        try producer.keepOffsets(
          of: output,
          partitions: try producer.partitionCount(of: output, timeout: .seconds(5))
        )
      }
      if isTransactional { try producer.initTransactions(timeout: .seconds(10)) }
      let consumer = try KafkaConsumer(
        settings.consumerConfiguration,
        role: .member(group: settings.groupName, instance: settings.groupInstanceID),
        clientID: settings.clientID,
        observer: settings.observer(of: "consumer")
      )
      self.consumer = consumer
      inputTopics = LogTopic.enricherInputs
      try consumer.subscribe(to: inputTopics.map { settings.name(of: $0) })
    }
    prober = WatermarkProber(settings)
  }

  func close(leaveGroup: Bool) {
    prober?.stop()
    metadata = nil
    for (client, leaving) in [(reader, false), (consumer, leaveGroup && settings.groupInstanceID != nil)] {
      do throws(KafkaError) {
        try client?.close(leaving: leaving)
      } catch {
        settings.observer.error(error)
      }
    }
    producer?.close()
    // A client that outlives its broker, as the embedded one's would, complains of it.
    prober?.waitUntilEnded(atMost: .milliseconds(500))
    prober = nil
    reader = nil
    consumer = nil
    producer = nil
    settings.vitals?.forget(settings.owner)
  }

  func hurry(_ budget: Duration) { deadline = clock.monotonic + budget.milliseconds }

  /// How long a call may wait that would else wait for `usual`.
  private func patience(_ usual: Duration) -> Duration {
    guard let deadline else { return usual }
    return min(usual, .milliseconds(max(1, deadline - clock.monotonic)))
  }

  /// A lane that was told to use a client that it has closed is a defect of the lane.
  private func open<Client>(_ client: Client?) throws(LogFailure) -> Client {
    guard let client else { throw LogFailure(.discardClient, "the client is closed") }
    return client
  }

  func partitionCount() throws(LogFailure) -> Int32 {
    let producer = try open(producer)
    var counts: [(name: String, count: Int)] = []
    for topic in LogTopic.allCases where topic != .portalSpaces {
      let name = settings.name(of: topic)
      do throws(KafkaError) {
        counts.append((name, try producer.partitionCount(of: producer.topic(name), timeout: .seconds(5))))
      } catch {
        guard error.code == .unknownTopicOrPartition else { throw LogFailure(error) }
        throw .misfit("\(name) does not exist: `presence-worker topics create` makes what is missing")
      }
    }
    let first = counts[0]
    for other in counts where other.count != first.count {
      throw .misfit(
        "\(other.name) has \(other.count) partitions and \(first.name) has \(first.count): they must be the same; "
          + "docs/OPERATIONS.md, Growing a topic, says what to do"
      )
    }
    return Int32(first.count)
  }

  // MARK: Inputs

  func poll(
    wait: Duration,
    limit: Int,
    onRecord: (KafkaLogRecord) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) -> LogRebalance? {
    let consumer = try open(consumer)
    try serveProducer()
    let (poll, failure) = try visit(consumer, topics: inputTopics, wait, limit, onRecord, onEnd)
    let now = clock.monotonic
    if poll.records > 0 { lastRecordAt = now }
    if limit > 0 { consumerWake.afterPoll(poll, of: consumer, now: now) }
    if let failure { throw LogFailure(failure) }
    switch poll.rebalance {
    case .none: return nil
    case .assigned(let partitions): return .assigned(partitions.compactMap(logPartition))
    case .revoked(_, let lost): return .revoked(lost: lost)
    }
  }

  private func visit(
    _ consumer: KafkaConsumer,
    topics: [LogTopic],
    _ wait: Duration,
    _ limit: Int,
    _ onRecord: (KafkaLogRecord) -> Void,
    _ onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) -> (KafkaPoll, KafkaError?) {
    let result: Result<(KafkaPoll, KafkaError?), KafkaError> = withoutActuallyEscaping(onRecord) { onRecord in
      withoutActuallyEscaping(onEnd) { onEnd in
        var visitor = LogVisitor(topics: topics, onRecord: onRecord, onEnd: onEnd)
        do throws(KafkaError) {
          let poll = try consumer.poll(timeout: wait, limit: limit, into: &visitor)
          return .success((poll, visitor.failure))
        } catch {
          return .failure(error)
        }
      }
    }
    switch result {
    case .success(let value): return value
    case .failure(let error): throw LogFailure(error)
    }
  }

  private func logPartition(_ partition: KafkaTopicPartition) -> LogPartition? {
    inputTopics.first { settings.name(of: $0) == partition.topic }.map { LogPartition($0, partition.partition) }
  }

  private func kafkaPartition(_ partition: LogPartition) -> KafkaTopicPartition {
    KafkaTopicPartition(settings.name(of: partition.topic), partition.partition)
  }

  private func kafkaPosition(_ position: LogPosition) -> KafkaPosition {
    KafkaPosition(kafkaPartition(position.partition), position.offset.map { KafkaOffset($0) } ?? .beginning)
  }

  var millisecondsSinceContact: Int64 { clock.monotonic - max(lastRecordAt, prober?.lastAnswerAt ?? 0) }

  func assign(_ positions: [LogPosition]) throws(LogFailure) {
    let consumer = try open(consumer)
    let isRebalance = consumer.pendingRebalance != nil
    try translate { () throws(KafkaError) in
      // Taken now and used for the assignment's life: what a member that rejoins would give is not fenced.
      if isRebalance { metadata = isTransactional ? try consumer.groupMetadata() : nil }
      try consumer.assign(positions.map(kafkaPosition))
    }
    consumerWake.partitions = positions.map { kafkaPartition($0.partition) }
  }

  func unassign() throws(LogFailure) {
    let consumer = try open(consumer)
    metadata = nil
    try translate { () throws(KafkaError) in try consumer.unassign() }
    consumerWake.partitions = []
  }

  func committed(_ partitions: [LogPartition]) throws(LogFailure) -> [LogPosition] {
    let consumer = try open(consumer)
    let positions = try translate { () throws(KafkaError) in
      try consumer.committed(partitions.map(kafkaPartition), timeout: .seconds(2))
    }
    var committed: [KafkaTopicPartition: Int64] = [:]
    for position in positions { committed[position.topicPartition] = position.offset.exact }
    return partitions.map { LogPosition($0, offset: committed[kafkaPartition($0)]) }
  }

  // MARK: Outputs

  func begin() throws(LogFailure) {
    guard isTransactional else { return }
    let producer = try open(producer)
    try translate { () throws(KafkaError) in try producer.beginTransaction() }
  }

  func produce(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers list: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) throws(LogFailure) {
    guard let producer, let topic = outputTopics[Int(partition.topic.rawValue)] else {
      throw LogFailure(.discardClient, "no producer for \(partition.topic.name)")
    }
    headers.truncate(to: 0)
    for header in list { headers.append(borrowingName: header.name.raw, value: header.value?.raw) }
    do throws(KafkaError) {
      try producer.produce(
        topic,
        partition: partition.partition,
        key: key?.raw,
        value: value?.raw,
        headers: headers,
        timestamp: timestamp?.milliseconds ?? 0
      )
    } catch {
      throw LogFailure(error)
    }
  }

  func makeRoom() throws(LogFailure) {
    let producer = try open(producer)
    try translate { () throws(KafkaError) in try producer.poll(timeout: .milliseconds(5)) }
    try takeDeliveries()
  }

  private func serveProducer() throws(LogFailure) {
    let producer = try open(producer)
    try translate { () throws(KafkaError) in try producer.poll() }
    try takeDeliveries()
  }

  private func takeDeliveries() throws(LogFailure) {
    guard let producer else { return }
    producer.takeDeliveries { delivery in
      if deliveryFailure == nil { deliveryFailure = delivery.error }
    }
    if let failure = deliveryFailure {
      deliveryFailure = nil
      var gone = LogFailure(failure)
      // What may be repeated is the record, and not the call that learns of its end: a commit that was tried again would
      // commit the inputs of a record that was never written.
      if case .retry = gone.recovery { gone.recovery = .abortTransaction }
      throw gone
    }
  }

  func commit(_ positions: [LogPosition]) throws(LogFailure) {
    let producer = try open(producer)
    let exact = positions.filter { $0.offset != nil }.map(kafkaPosition)
    if isTransactional {
      guard metadata != nil else { throw LogFailure(.abortTransaction, "the lane is not a member of its group") }
      try translate { () throws(KafkaError) in
        try producer.sendOffsets(exact, group: metadata!, timeout: patience(.seconds(5)))
        try producer.commitTransaction(timeout: patience(settings.transactionTimeout))
      }
    } else {
      let consumer = try open(consumer)
      try translate { () throws(KafkaError) in try producer.flush(timeout: patience(settings.transactionTimeout)) }
      try takeDeliveries()
      try translate { () throws(KafkaError) in try consumer.commit(exact, timeout: patience(.seconds(5))) }
    }
    try serveProducer()
  }

  func abort() throws(LogFailure) {
    let producer = try open(producer)
    if isTransactional {
      let timeout = patience(settings.transactionTimeout)
      try translate { () throws(KafkaError) in try producer.abortTransaction(timeout: timeout) }
    }
    // What was purged or aborted says so in its delivery report; that is no news any more.
    producer.takeDeliveries { _ in }
    deliveryFailure = nil
  }

  func writtenUpTo(_ partition: LogPartition) -> Int64? {
    outputTopics[Int(partition.topic.rawValue)].flatMap { topic in
      producer?.writtenUpTo(topic, partition: partition.partition)
    }
  }

  // MARK: Bounds and restoring

  func requestBounds(of partitions: [LogPartition], atTime: Timestamp?, token: UInt64) {
    prober?.request(WatermarkProber.Question(partitions: partitions, atTime: atTime, token: token))
  }

  func takeBounds() -> LogBoundsAnswer? { prober?.takeAnswer() }

  func assignReader(_ positions: [LogPosition]) throws(LogFailure) {
    if reader == nil {
      guard !positions.isEmpty else { return }
      try translate { () throws(KafkaError) in
        self.reader = try KafkaConsumer(
          settings.readerConfiguration,
          role: .reader(group: settings.groupName + "-restore", isolation: .readCommitted),
          clientID: settings.clientID + "-restore",
          observer: settings.observer
        )
      }
      readerTopics = []
    }
    let reader = try open(reader)
    readerWake.partitions = positions.map { kafkaPartition($0.partition) }
    try translate { () throws(KafkaError) in
      for position in positions where !readerTopics.contains(position.partition.topic) {
        _ = try reader.topic(settings.name(of: position.partition.topic))
        readerTopics.append(position.partition.topic)
      }
      if positions.isEmpty { try reader.unassign() } else { try reader.assign(positions.map(kafkaPosition)) }
    }
  }

  func pollReader(
    wait: Duration,
    limit: Int,
    onRecord: (KafkaLogRecord) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) {
    let reader = try open(reader)
    let (poll, failure) = try visit(reader, topics: readerTopics, wait, limit, onRecord, onEnd)
    readerWake.afterPoll(poll, of: reader, now: clock.monotonic)
    if let failure { throw LogFailure(failure) }
  }

  private func translate<Result>(_ body: () throws(KafkaError) -> Result) throws(LogFailure) -> Result {
    do throws(KafkaError) {
      return try body()
    } catch {
      throw LogFailure(error)
    }
  }
}

extension LogFailure {
  /// What a Kafka error means to a lane. Where trying again changes nothing, new clients after a pause are the last
  /// thing that may help, and the lane is not ready meanwhile.
  init(_ error: KafkaError) {
    let recovery: Recovery =
      switch error.recovery {
      case .retry: .retry
      case .abortTransaction: .abortTransaction
      case .discardClient: .discardClient
      case .none: error.operation == .commit ? .abortTransaction : .discardClient
      }
    let fencing: [KafkaError.Code] = [.fenced, .producerFenced, .invalidProducerEpoch, .fencedInstance]
    // From a call to produce it comes before anything was sent; in a delivery report it is the broker's refusal.
    let isTooLarge = error.operation == .produce && error.code == .messageTooLarge
    // What librdkafka has against properties that do not go together is known only now.
    let message = error.operation == .create ? error.debugDescription : error.description
    self.init(recovery, isFenced: fencing.contains(error.code), isTooLarge: isTooLarge, message)
  }
}
