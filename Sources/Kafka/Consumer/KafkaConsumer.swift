// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// A consumer, used by one thread.
///
/// Two kinds: a member of a group, which subscribes and is assigned partitions, and a reader, which assigns partitions
/// to itself and commits nothing. Calls block; none belongs on Swift's cooperative pool.
///
/// **Rebalances are events, not callbacks.** "The group rebalances; librdkafka's callback, which runs inside
/// ``poll(timeout:limit:into:)``, only notes it and ends the poll; the poll returns it; the caller finishes its
/// transaction in its own loop and calls ``assign(_:)`` or ``unassign()``; only then do partitions change hands."
/// Until that answer every poll returns the same rebalance and no records.
///
/// Not Sendable on purpose: hand it to its thread and leave it there.
public final class KafkaConsumer {
  /// What a consumer is for.
  public enum Role: Sendable, Equatable {
    /// A member of a group. Reads committed records only, which is also what makes committed offsets wait for open
    /// transactions (KIP-447). `instance` makes the membership static: a restart within the session time-out keeps its
    /// partitions.
    case member(group: String, instance: String?)

    /// A reader without membership. librdkafka wants a group's name even so; it is only asked for committed offsets.
    case reader(group: String, isolation: Isolation)
  }

  /// Which records of transactions are read.
  public enum Isolation: String, Sendable {
    /// Those of committed transactions, up to the first open one.
    case readCommitted = "read_committed"
    /// All, aborted and open ones too; the high watermark is then really the end of the log.
    case readUncommitted = "read_uncommitted"
  }

  /// Where to begin without a valid offset.
  public enum OffsetReset: String, Sendable {
    /// At the oldest record.
    case earliest
    /// Behind the newest record.
    case latest
    /// Nowhere: the partition fails with ``KafkaError/Code/autoOffsetReset``.
    case error
  }

  private var handle: ClientHandle?
  private(set) var rk: OpaquePointer?
  private var paused: Set<KafkaTopicPartition> = []
  private let resetsToEarliest: Bool

  /// Creates a consumer; it connects in the background.
  ///
  /// - Parameters:
  ///   - configuration: librdkafka's properties.
  ///   - role: membership, group and isolation.
  ///   - clientID: shown in the broker's logs; it also decides the order in which the members of a group are served.
  ///   - offsetReset: where to begin without a valid offset.
  ///   - observer: receives logs, background errors and statistics.
  public init(
    _ configuration: KafkaConfiguration,
    role: Role,
    clientID: String,
    offsetReset: OffsetReset = .earliest,
    observer: KafkaObserver = KafkaObserver()
  ) throws(KafkaError) {
    resetsToEarliest = offsetReset == .earliest
    var fixed = [
      "client.id": clientID,
      "enable.auto.commit": "false",
      "enable.auto.offset.store": "false",
      "enable.partition.eof": "true",
      "partition.assignment.strategy": "range",
      "auto.offset.reset": offsetReset.rawValue,
    ]
    switch role {
    case .member(let group, let instance):
      fixed["group.id"] = group
      fixed["isolation.level"] = Isolation.readCommitted.rawValue
      if let instance { fixed["group.instance.id"] = instance }
    case .reader(let group, let isolation):
      fixed["group.id"] = group
      fixed["isolation.level"] = isolation.rawValue
    }
    let handle = try ClientHandle(
      RD_KAFKA_CONSUMER,
      // Packets leave at once, and a checksum of what TCP has checked is not worth its time.
      defaults: ["socket.nagle.disable": "true", "check.crcs": "false"],
      configuration: configuration,
      fixed: fixed,
      observer: observer
    )
    rk = handle.rk
    // Logs, errors and statistics arrive through the one queue that poll serves.
    let code = rd_kafka_poll_set_consumer(handle.rk)
    self.handle = consume handle
    try KafkaError.check(code, .create)
  }

  /// Leaves the group, gives up all partitions at once, and frees the client; further calls fail.
  ///
  /// Blocks while the group is told. Finish or abort first what belongs to the partitions: no rebalance is reported any
  /// more. A consumer that is dropped without this keeps its partitions until its session times out.
  ///
  /// A static member stays in its group, which keeps its partitions for it until its session times out (KIP-345), unless
  /// `leaving` says otherwise.
  public func close(leaving: Bool = false) throws(KafkaError) {
    guard let rk, let context = handle?.context else { return }
    context.isClosing = true
    if context.pendingRebalance != nil {
      context.pendingRebalance = nil
      rd_kafka_assign(rk, nil)
    }
    if leaving { leave(rk) }
    let code = rd_kafka_consumer_close(rk)
    self.rk = nil
    handle = nil
    // A fatal error was reported by the call that met it.
    if code != RD_KAFKA_RESP_ERR__FATAL { try KafkaError.check(code, .close) }
  }

  /// The topic's number on this consumer; the first topic registered is 0.
  public func topic(_ name: String) throws(KafkaError) -> KafkaTopic {
    _ = try client(.topic)
    return try handle!.topic(name)
  }

  /// The name of a topic of this consumer.
  public func name(of topic: KafkaTopic) -> String? {
    guard let names = handle?.topics.names, names.indices.contains(Int(topic.index)) else { return nil }
    return names[Int(topic.index)]
  }

  /// Joins the group for these topics, which are registered in their order; the assignment comes from a later poll.
  public func subscribe(to topics: [String]) throws(KafkaError) {
    let rk = try client(.subscribe)
    for topic in topics { _ = try self.topic(topic) }
    let list = PartitionList(topics.map { KafkaTopicPartition($0, -1) })
    try KafkaError.check(rd_kafka_subscribe(rk, list.pointer), .subscribe)
  }

  /// Reads from these positions, and from nothing else; answers a rebalance that waits.
  ///
  /// A member may take a part of what it was assigned, even nothing, and call this again with more. Every call begins
  /// anew at the given offsets, so say where: ``KafkaOffset/committed`` asks the group. Nothing is paused afterwards.
  public func assign(_ positions: [KafkaPosition]) throws(KafkaError) {
    let rk = try client(.assign)
    for position in positions { _ = try topic(position.topicPartition.topic) }
    try resumeAll()
    let list = PartitionList(resetsToEarliest ? positions.map(\.withoutQuery) : positions)
    try KafkaError.check(rd_kafka_assign(rk, list.pointer), .assign)
    handle?.context.pendingRebalance = nil
  }

  /// Gives up all partitions; answers a rebalance that waits.
  public func unassign() throws(KafkaError) {
    let rk = try client(.assign)
    try resumeAll()
    try KafkaError.check(rd_kafka_assign(rk, nil), .assign)
    handle?.context.pendingRebalance = nil
  }

  /// Whether the partitions are somebody else's already, although no rebalance has been reported yet.
  public var assignmentLost: Bool {
    rk.map { rd_kafka_assignment_lost($0) != 0 } ?? true
  }

  /// The rebalance that waits for an answer.
  public var pendingRebalance: KafkaRebalance? { handle?.context.pendingRebalance }

  /// The member's place in its group, for ``KafkaProducer/sendOffsets(_:group:timeout:)``.
  ///
  /// To be taken when ``KafkaRebalance/assigned(_:)`` arrives. Throws where there is no membership, since a broker
  /// would not fence offsets that are sent with such metadata.
  public func groupMetadata() throws(KafkaError) -> KafkaGroupMetadata {
    let rk = try client(.groupMetadata)
    guard let member = rd_kafka_memberid(rk) else {
      throw KafkaError(.state, operation: .groupMetadata, detail: "the consumer is not a member of its group")
    }
    defer { rd_kafka_mem_free(rk, member) }
    guard member.pointee != 0, let pointer = rd_kafka_consumer_group_metadata(rk) else {
      throw KafkaError(.state, operation: .groupMetadata, detail: "the consumer is not a member of its group")
    }
    return KafkaGroupMetadata(consuming: pointer)
  }

  /// Stops fetching from these partitions; what was fetched of them and not yet visited is thrown away.
  ///
  /// It will be fetched again, so pause rarely. Partitions that are paused already are left alone.
  public func pause(_ partitions: [KafkaTopicPartition]) throws(KafkaError) {
    let rk = try client(.flow)
    let fresh = partitions.filter { !paused.contains($0) }
    guard !fresh.isEmpty else { return }
    let list = PartitionList(fresh)
    try KafkaError.check(rd_kafka_pause_partitions(rk, list.pointer), .flow)
    paused.formUnion(fresh)
    try list.check(.flow)
  }

  /// Fetches again from these partitions.
  ///
  /// Only from those that are paused: resuming another one may rewind it (librdkafka before 2.4).
  public func resume(_ partitions: [KafkaTopicPartition]) throws(KafkaError) {
    let rk = try client(.flow)
    let resumed = partitions.filter { paused.contains($0) }
    guard !resumed.isEmpty else { return }
    let list = PartitionList(resumed)
    try KafkaError.check(rd_kafka_resume_partitions(rk, list.pointer), .flow)
    paused.subtract(resumed)
    try list.check(.flow)
  }

  /// Reads on from other offsets of assigned partitions.
  public func seek(to positions: [KafkaPosition], timeout: Duration) throws(KafkaError) {
    let rk = try client(.flow)
    let list = PartitionList(positions)
    let error = rd_kafka_seek_partitions(rk, list.pointer, timeout.millisecondsForC)
    try KafkaError.check(consuming: error, .flow)
    try list.check(.flow)
  }

  /// The client, as long as there is one.
  func client(_ operation: KafkaError.Operation) throws(KafkaError) -> OpaquePointer {
    guard let rk else { throw KafkaError(.destroyed, operation: operation, detail: "the consumer is closed") }
    return rk
  }

  /// librdkafka's own account of the fatal error, if there was one.
  func fatalError(_ operation: KafkaError.Operation) -> KafkaError? {
    handle?.fatalError(operation)
  }

  // librdkafka lets no static member leave while it closes, but does so when it unsubscribes; the member's id is gone as
  // soon as the request is on its way. Without an answer of the group within the limit the session has to time out.
  private func leave(_ rk: OpaquePointer) {
    guard rd_kafka_unsubscribe(rk) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    let deadline = ContinuousClock.now + .seconds(2)
    while ContinuousClock.now < deadline, isMember(rk) {
      if let message = rd_kafka_consumer_poll(rk, 10) { rd_kafka_message_destroy(message) }
    }
  }

  private func isMember(_ rk: OpaquePointer) -> Bool {
    guard let member = rd_kafka_memberid(rk) else { return false }
    defer { rd_kafka_mem_free(rk, member) }
    return member.pointee != 0
  }

  // A partition stays paused on its handle when it is assigned anew, and nobody would know.
  private func resumeAll() throws(KafkaError) {
    try resume(Array(paused))
    paused = []
  }
}

extension KafkaPosition {
  /// The same position for a consumer that resets to the earliest record: offset 0 instead of "the beginning".
  ///
  /// The beginning has to be asked for, and librdkafka 2.0.2 repeats a question that came before it knew the
  /// partition's leader only after half a second. Offset 0 is fetched at once, and where it is gone the reset finds the
  /// beginning.
  fileprivate var withoutQuery: KafkaPosition {
    offset == .beginning ? KafkaPosition(topicPartition, KafkaOffset(0)) : self
  }
}
