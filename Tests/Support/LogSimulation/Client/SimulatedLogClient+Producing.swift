// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

extension SimulatedLogClient {
  /// Begins a transaction; a local matter, the coordinator hears of it with the first output.
  public func begin() throws(LogFailure) {
    try enter("begin")
    guard isTransactional else { return }
    guard !producer.isOpen else {
      log.violated("\(host.clientID) begins a transaction within another")
      throw LogFailure(.abortTransaction, "begin within a transaction")
    }
    producer.isOpen = true
  }

  /// Queues a record. It leaves for the log now, later, or at the commit.
  public func produce(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) throws(LogFailure) {
    try enter("produce")
    guard log.exists(partition) else {
      log.violated("\(host.clientID) writes to \(partition), which does not exist")
      throw LogFailure(.abortTransaction, "unknown partition")
    }
    guard !isTransactional || (producer.isOpen && producer.stage == .open) else {
      log.violated("\(host.clientID) writes to \(partition) outside of a transaction")
      throw LogFailure(.abortTransaction, "produce outside of a transaction")
    }
    guard producer.queue.count < log.faults.queueLimit else { throw LogFailure(.retry, "the queue is full") }
    if isTransactional { try mayFailAbortably("produce") }
    let content = RecordContent(
      key: key.map { Array($0.raw) },
      value: value.map { Array($0.raw) },
      headers: headers.map { StoredHeader(name: Array($0.name.raw), value: $0.value.map { Array($0.raw) } ?? []) },
      timestamp: timestamp
    )
    producer.queue.append((partition, content))
    try deliverInBackground()
    try leave("produce")
  }

  /// Lets some of the queued records leave; time passes where they cannot.
  public func makeRoom() throws(LogFailure) {
    try enter("makeRoom")
    guard host.isReachable else { return log.wait(milliseconds: 50) }
    guard !producer.queue.isEmpty else { return }
    do throws(CoordinatorError) {
      try deliver(log.random.within(1...producer.queue.count))
    } catch .concurrentTransactions {
      log.wait(milliseconds: 10)
      if log.random.chance(0.5) { log.deliverAllMarkers(of: host.transactionalID) }
    } catch {
      throw failure(error)
    }
  }

  /// The offset behind the last durable record that this client wrote to a partition.
  public func writtenUpTo(_ partition: LogPartition) -> Int64? { producer.written[partition] }

  /// What librdkafka's threads do while the lane does something else.
  func deliverInBackground() throws(LogFailure) {
    guard host.isReachable, !producer.queue.isEmpty, log.random.chance(log.faults.earlyDelivery) else { return }
    do throws(CoordinatorError) {
      try deliver(log.random.within(1...producer.queue.count))
    } catch .concurrentTransactions {
      return  // the markers of the last transaction are under way; the queue waits
    } catch {
      throw failure(error)
    }
  }

  /// Sends the first records of the queue. A partition is added to the transaction before its first record (KIP-98,
  /// AddPartitionsToTxn), and only then: later records meet the partition's own knowledge of epochs, not the
  /// coordinator's.
  func deliver(_ count: Int) throws(CoordinatorError) {
    for _ in 0..<count {
      let (partition, content) = producer.queue[0]
      if let identity = producer.identity { try add(.partition(partition), for: identity) }
      guard let offset = log[partition].append(content, at: log.time, producer: producer.identity) else {
        throw .producerFenced
      }
      producer.queue.removeFirst()
      if isTransactional {
        producer.delivered[partition] = offset + 1
      } else {
        producer.written[partition] = offset + 1
      }
      log.changed("\(host.clientID) writes \(partition) at \(offset): \(content)")
    }
  }

  func add(_ target: TransactionCoordinator.Target, for identity: ProducerIdentity) throws(CoordinatorError) {
    guard !producer.added.contains(target) else { return }
    try log.transactions.add(target, for: identity, now: log.now)
    producer.added.append(target)
  }

  /// What the worker does about a coordinator's refusal; fencing is fatal to a producer of librdkafka 2.0.2.
  func failure(_ error: CoordinatorError) -> LogFailure {
    if let event = error.event { log.happened(event) }
    return switch error {
    case .producerFenced: discard(isFenced: true, "a newer producer has the same transactional id")
    case .invalidTransactionState: discard("the coordinator knows no such transaction")
    case .concurrentTransactions: LogFailure(.retry, "the last transaction is being completed")
    case .staleMember: LogFailure(.abortTransaction, "the group has another generation")
    }
  }
}
