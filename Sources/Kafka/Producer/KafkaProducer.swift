// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// An idempotent producer, transactional where it has a transactional identifier, used by one thread.
///
/// ``produce(_:partition:key:value:headers:timestamp:token:)`` only enqueues. What became of the records is collected
/// while the producer polls, flushes, commits or aborts, and is handed out by ``takeDeliveries(_:)``; a producer whose
/// deliveries nobody takes keeps them for ever.
///
/// Calls block; none belongs on Swift's cooperative pool. Not Sendable on purpose: hand it to its thread and leave it
/// there.
public final class KafkaProducer {
  /// Stands for the partition that Java's clients would choose: murmur2 of the key, any for a null key.
  public static let partitionByKey: Int32 = -1

  /// Which deliveries a producer reports.
  public enum Deliveries: Sendable {
    /// Those of all records.
    case all
    /// Those of records that were not written.
    ///
    /// A report hands its record back to the producer's thread, which then frees it with its headers: for a record of
    /// half a kilobyte and seven headers that is a third of all that producing costs. Without reports librdkafka's own
    /// thread frees it while it is still in the cache. ``KafkaProducer/writtenUpTo(_:partition:)`` tells the offsets.
    case failures
  }

  private var handle: ClientHandle?
  private var rk: OpaquePointer?
  private let isTransactional: Bool

  /// Creates a producer; it connects in the background.
  ///
  /// - Parameters:
  ///   - configuration: librdkafka's properties.
  ///   - clientID: shown in the broker's logs.
  ///   - transactionalID: makes the producer transactional; it must be no other living producer's.
  ///   - deliveries: which deliveries ``takeDeliveries(_:)`` hands out.
  ///   - observer: receives logs, background errors and statistics.
  public init(
    _ configuration: KafkaConfiguration,
    clientID: String,
    transactionalID: String? = nil,
    deliveries: Deliveries = .all,
    observer: KafkaObserver = KafkaObserver()
  ) throws(KafkaError) {
    var fixed = [
      "client.id": clientID,
      "enable.idempotence": "true",
      "partitioner": "murmur2_random",
    ]
    if let transactionalID { fixed["transactional.id"] = transactionalID }
    isTransactional = transactionalID != nil
    let handle = try ClientHandle(
      RD_KAFKA_PRODUCER,
      // librdkafka's back-off of 100 ms is what a commit waits when it meets the end of the previous one.
      defaults: ["socket.nagle.disable": "true", "retry.backoff.ms": "15"],
      configuration: configuration,
      fixed: fixed,
      deliveries: deliveries,
      observer: observer
    )
    rk = handle.rk
    self.handle = consume handle
  }

  /// Frees the client, dropping what is enqueued; further calls fail. ``flush(timeout:)`` first.
  public func close() {
    rk = nil
    handle = nil
  }

  /// The topic's number on this producer; the first topic registered is 0.
  public func topic(_ name: String) throws(KafkaError) -> KafkaTopic {
    _ = try client(.topic)
    return try handle!.topic(name)
  }

  /// The number of a topic's partitions, asked from a broker.
  ///
  /// Ask for every topic before the first transaction: the first record to a topic without metadata makes its commit
  /// wait for nearly a second.
  public func partitionCount(of topic: KafkaTopic, timeout: Duration) throws(KafkaError) -> Int {
    let rk = try client(.metadata)
    let topicHandle = try topicHandle(topic, .metadata)
    var metadata: UnsafePointer<rd_kafka_metadata>?
    try KafkaError.check(rd_kafka_metadata(rk, 0, topicHandle, &metadata, timeout.millisecondsForC), .metadata)
    defer { rd_kafka_metadata_destroy(metadata) }
    guard let metadata, metadata.pointee.topic_cnt == 1 else {
      throw KafkaError(.unknownTopic, operation: .metadata)
    }
    try KafkaError.check(metadata.pointee.topics[0].err, .metadata)
    return Int(metadata.pointee.topics[0].partition_cnt)
  }

  /// Keeps, from now on, the offsets that the records of a topic get; before the first record, and once.
  ///
  /// Of a producer that reports failures alone, for at most 16 topics: the first ones that were registered.
  public func keepOffsets(of topic: KafkaTopic, partitions: Int) throws(KafkaError) {
    _ = try client(.topic)
    guard let client = handle?.client, crdk_keep_written(client, topic.index, Int32(clamping: partitions)) != 0 else {
      throw KafkaError(.invalidArgument, operation: .topic, detail: "the offsets of this topic cannot be kept")
    }
  }

  /// The offset behind the last record that the producer wrote to a partition of a topic whose offsets it keeps; nil
  /// before the first.
  ///
  /// After a flush or a commit it covers every record before it.
  public func writtenUpTo(_ topic: KafkaTopic, partition: Int32) -> Int64? {
    guard let client = handle?.client else { return nil }
    let behind = crdk_written_behind(client, topic.index, partition)
    return behind > 0 ? behind : nil
  }

  /// Enqueues a record, copying everything.
  ///
  /// - Parameters:
  ///   - topic: a topic registered with this producer.
  ///   - partition: the partition, or ``partitionByKey``.
  ///   - key: nil for a null key.
  ///   - value: nil for a tombstone.
  ///   - headers: the headers.
  ///   - timestamp: milliseconds since 1970; 0 for now.
  ///   - token: comes back with the delivery.
  /// - Throws: ``KafkaError/Code/queueFull`` with ``KafkaError/Recovery/retry`` where ``poll(timeout:)`` must make room
  ///   first; after any error the record is not enqueued.
  public func produce(
    _ topic: KafkaTopic,
    partition: Int32,
    key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?,
    headers: borrowing KafkaHeaders,
    timestamp: Int64 = 0,
    token: UInt = 0
  ) throws(KafkaError) {
    let rk = try client(.produce)
    let error = crdk_produce(
      rk,
      try topicHandle(topic, .produce),
      partition,
      key?.baseAddress,
      key?.count ?? -1,
      value?.baseAddress,
      value?.count ?? -1,
      headers.list,
      headers.count,
      timestamp,
      token
    )
    if let error { throw KafkaError(consuming: error, operation: .produce, transactional: isTransactional) }
  }

  /// Enqueues a record without headers; see ``produce(_:partition:key:value:headers:timestamp:token:)``.
  public func produce(
    _ topic: KafkaTopic,
    partition: Int32,
    key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?,
    timestamp: Int64 = 0,
    token: UInt = 0
  ) throws(KafkaError) {
    let rk = try client(.produce)
    let error = crdk_produce(
      rk,
      try topicHandle(topic, .produce),
      partition,
      key?.baseAddress,
      key?.count ?? -1,
      value?.baseAddress,
      value?.count ?? -1,
      nil,
      0,
      timestamp,
      token
    )
    if let error { throw KafkaError(consuming: error, operation: .produce, transactional: isTransactional) }
  }

  /// The number of records that are enqueued or on their way, and of events that wait for a poll.
  public var inFlight: Int {
    rk.map { Int(rd_kafka_outq_len($0)) } ?? 0
  }

  /// Collects deliveries and serves the observer's callbacks, waiting for the first of them.
  public func poll(timeout: Duration = .zero) throws(KafkaError) {
    rd_kafka_poll(try client(.poll), timeout.millisecondsForC)
  }

  /// Hands out the collected deliveries, in the order in which each partition took the records.
  public func takeDeliveries(_ body: (KafkaDelivery) -> Void) {
    guard let client = handle?.client else { return }
    var index = 0
    while index < client.pointee.delivery_count {
      let delivery = client.pointee.deliveries[index]
      index += 1
      var error: KafkaError?
      if delivery.error != 0 {
        let traits: KafkaError.Traits = isTransactional ? .transactional : []
        error = KafkaError(KafkaError.Code(rawValue: delivery.error), operation: .deliver, traits: traits)
      }
      body(
        KafkaDelivery(
          topic: KafkaTopic(index: delivery.topic),
          partition: delivery.partition,
          offset: error == nil && delivery.offset >= 0 ? delivery.offset : nil,
          token: delivery.token,
          error: error
        )
      )
    }
    client.pointee.delivery_count = 0
  }

  /// Sends everything that is enqueued, without lingering, and waits until it is delivered or has failed.
  public func flush(timeout: Duration) throws(KafkaError) {
    let deadline = ContinuousClock.now + timeout
    try KafkaError.check(drain(try client(.flush), until: deadline), .flush)
  }

  /// Waits as `rd_kafka_flush` does, which librdkafka 2.0.2 lets look for the end every ten milliseconds, or when there is a
  /// report: where only failures are reported, ten milliseconds go by for what takes two.
  func drain(_ rk: OpaquePointer, until deadline: ContinuousClock.Instant) -> rd_kafka_resp_err_t {
    while true {
      let code = rd_kafka_flush(rk, 1)
      guard code == RD_KAFKA_RESP_ERR__TIMED_OUT, ContinuousClock.now < deadline else { return code }
    }
  }

  /// Drops everything that is enqueued or on its way; the deliveries say so, once they are polled for.
  ///
  /// For giving up a producer that is not transactional; an abort purges by itself, and in order.
  public func purge() throws(KafkaError) {
    let flags = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT
    try KafkaError.check(rd_kafka_purge(try client(.flush), flags), .flush)
  }

  /// The error that has ended the producer, if there was one.
  public var fatalError: KafkaError? { handle?.fatalError(.background) }

  /// The client, as long as there is one.
  func client(_ operation: KafkaError.Operation) throws(KafkaError) -> OpaquePointer {
    guard let rk else { throw KafkaError(.destroyed, operation: operation, detail: "the producer is closed") }
    return rk
  }

  private func topicHandle(
    _ topic: KafkaTopic,
    _ operation: KafkaError.Operation
  ) throws(KafkaError) -> OpaquePointer {
    guard let topicHandle = handle?.topics.handle(of: topic) else {
      throw KafkaError(.unknownTopic, operation: operation, detail: "the topic is not registered with this producer")
    }
    return topicHandle
  }
}
