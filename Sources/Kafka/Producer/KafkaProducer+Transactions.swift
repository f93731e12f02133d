// SPDX-License-Identifier: Apache-2.0

import CRdKafka

extension KafkaProducer {
  /// Takes over the transactional identifier: ends a predecessor's transaction and fences the predecessor.
  ///
  /// Once, before the first transaction. May be repeated after ``KafkaError/Recovery/retry``.
  public func initTransactions(timeout: Duration) throws(KafkaError) {
    let rk = try client(.initTransactions)
    try check(rd_kafka_init_transactions(rk, timeout.millisecondsForC), .initTransactions)
  }

  /// Begins a transaction; it exists for the broker with its first record or offset.
  public func beginTransaction() throws(KafkaError) {
    try check(rd_kafka_begin_transaction(try client(.beginTransaction)), .beginTransaction)
  }

  /// Makes consumed offsets part of the transaction, which is what fences it.
  ///
  /// At least one exact offset is needed: without any librdkafka sends nothing and says that all is well, and a member
  /// whose partitions are somebody else's could commit. In librdkafka 2.0.2 this may block past its time-out while the
  /// group's coordinator is away (librdkafka issue 5456): the thread needs a watchdog.
  public func sendOffsets(
    _ positions: [KafkaPosition],
    group: borrowing KafkaGroupMetadata,
    timeout: Duration
  ) throws(KafkaError) {
    let rk = try client(.sendOffsets)
    guard positions.contains(where: { $0.offset.exact != nil }) else {
      throw KafkaError(.noOffset, operation: .sendOffsets, detail: "a transaction without an offset is not fenced")
    }
    let list = PartitionList(positions)
    let error = rd_kafka_send_offsets_to_transaction(rk, list.pointer, group.pointer, timeout.millisecondsForC)
    try check(error, .sendOffsets)
  }

  /// Flushes, then commits the transaction; collects deliveries meanwhile.
  ///
  /// An unknown outcome (a time-out, a lost connection) is ``KafkaError/Recovery/discardClient``: never retried, since
  /// the late answer could complete the next transaction of the same epoch.
  public func commitTransaction(timeout: Duration) throws(KafkaError) {
    let rk = try client(.commitTransaction)
    let deadline = ContinuousClock.now + timeout
    // What librdkafka does next by itself, in steps of ten milliseconds; it also tells what has not been sent in time.
    _ = drain(rk, until: deadline)
    let rest = max(.milliseconds(1), deadline - .now)
    try check(rd_kafka_commit_transaction(rk, rest.millisecondsForC), .commitTransaction)
  }

  /// Purges what is enqueued, waits for what is on its way, and aborts the transaction; collects deliveries meanwhile.
  ///
  /// Every failure is ``KafkaError/Recovery/discardClient``.
  public func abortTransaction(timeout: Duration) throws(KafkaError) {
    let rk = try client(.abortTransaction)
    try check(rd_kafka_abort_transaction(rk, timeout.millisecondsForC), .abortTransaction)
  }

  private func check(_ error: OpaquePointer?, _ operation: KafkaError.Operation) throws(KafkaError) {
    try KafkaError.check(consuming: error, operation, transactional: true)
  }
}
