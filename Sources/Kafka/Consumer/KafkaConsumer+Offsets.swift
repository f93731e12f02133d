// SPDX-License-Identifier: Apache-2.0

import CRdKafka

extension KafkaConsumer {
  /// Commits offsets for the group, outside any transaction, and waits for the answer.
  ///
  /// Committing the same again does no harm. ``KafkaError/Recovery/none`` after a rebalance means that the partitions
  /// are no longer this member's: there is nothing to retry, and a rebalance will say so.
  public func commit(_ positions: [KafkaPosition], timeout: Duration) throws(KafkaError) {
    let rk = try client(.commit)
    guard !positions.isEmpty else { return }
    // A queue of our own, since the plain synchronous call takes no time-out.
    let queue = rd_kafka_queue_new(rk)
    defer { rd_kafka_queue_destroy(queue) }
    let list = PartitionList(positions)
    try KafkaError.check(rd_kafka_commit_queue(rk, list.pointer, queue, nil, nil), .commit)
    guard let event = rd_kafka_queue_poll(queue, timeout.millisecondsForC) else {
      throw KafkaError(.timedOut, operation: .commit)
    }
    defer { rd_kafka_event_destroy(event) }
    try KafkaError.check(rd_kafka_event_error(event), .commit)
    if let result = rd_kafka_event_topic_partition_list(event) {
      try PartitionList.check(result, .commit)
    }
  }

  /// The offsets that the group has committed; ``KafkaOffset/none`` where it has none.
  ///
  /// A consumer that reads committed records waits for transactions that are about to commit other ones (KIP-447).
  public func committed(
    _ partitions: [KafkaTopicPartition],
    timeout: Duration
  ) throws(KafkaError) -> [KafkaPosition] {
    let rk = try client(.offsets)
    guard !partitions.isEmpty else { return [] }
    try register(partitions)
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_committed(rk, list.pointer, timeout.millisecondsForC), .offsets)
    try list.check(.offsets)
    return list.positions
  }

  /// The offset behind the last record or transaction marker that a poll came past; ``KafkaOffset/none`` before the
  /// first.
  public func position(_ partitions: [KafkaTopicPartition]) throws(KafkaError) -> [KafkaPosition] {
    let rk = try client(.offsets)
    try register(partitions)
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_position(rk, list.pointer), .offsets)
    try list.check(.offsets)
    return list.positions
  }

  /// Asks the broker for the first offset of a partition and for the one behind its last.
  ///
  /// For a consumer that reads committed records the latter is the last stable offset: everything before the first open
  /// transaction.
  public func watermarks(
    of partition: KafkaTopicPartition,
    timeout: Duration
  ) throws(KafkaError) -> (low: Int64, high: Int64) {
    let rk = try client(.offsets)
    try register([partition])
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_query_watermark_offsets(
      rk,
      partition.topic,
      partition.partition,
      &low,
      &high,
      timeout.millisecondsForC
    )
    try KafkaError.check(code, .offsets)
    return (low, high)
  }

  /// The offsets behind the last record of each partition, as ``watermarks(of:timeout:)`` tells them of one.
  ///
  /// One request to each broker that leads some of the partitions, however many there are.
  public func ends(of partitions: [KafkaTopicPartition], timeout: Duration) throws(KafkaError) -> [KafkaPosition] {
    try offsets(of: partitions, at: KafkaOffset.end.rawValue, timeout: timeout)
  }

  /// The first offsets whose records are at or after a time in milliseconds since 1970; ``KafkaOffset/end`` where all
  /// records are older.
  public func offsets(
    of partitions: [KafkaTopicPartition],
    at timestamp: Int64,
    timeout: Duration
  ) throws(KafkaError) -> [KafkaPosition] {
    let rk = try client(.offsets)
    guard !partitions.isEmpty else { return [] }
    try register(partitions)
    let list = PartitionList(partitions.map { KafkaPosition($0, KafkaOffset(timestamp)) })
    try KafkaError.check(rd_kafka_offsets_for_times(rk, list.pointer, timeout.millisecondsForC), .offsets)
    try list.check(.offsets)
    return list.positions
  }

  /// Has librdkafka look at once whether it may fetch more of these partitions; returns without waiting.
  ///
  /// It stops when the queue is full, and librdkafka 2.0.2 sees that the queue has room again only when its thread for the
  /// broker wakes up for something else, after a second at the latest (`fetch.queue.backoff.ms` came with 2.2.0). A
  /// question wakes it: one goes to each broker that leads some of the partitions, and nobody waits for the answers.
  public func wakeFetchers(of partitions: [KafkaTopicPartition]) {
    guard let rk, !partitions.isEmpty else { return }
    let list = PartitionList(partitions.map { KafkaPosition($0, .end) })
    _ = rd_kafka_offsets_for_times(rk, list.pointer, 0)  // says that no answer has come within no time
  }

  /// The offset behind the last record of an assigned partition as the broker told it with the last records that were
  /// fetched; nil before that. Asks nobody.
  ///
  /// It is the high watermark, open transactions included, whatever this consumer reads.
  public func knownEnd(of partition: KafkaTopicPartition) -> Int64? {
    guard let rk else { return nil }
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_get_watermark_offsets(rk, partition.topic, partition.partition, &low, &high)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
  }

  // Before librdkafka makes handles for them that know no number.
  private func register(_ partitions: [KafkaTopicPartition]) throws(KafkaError) {
    for partition in partitions { _ = try topic(partition.topic) }
  }
}
