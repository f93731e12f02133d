// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

extension SimulatedLogClient {
  /// Commits the outputs since `begin` and these positions as one.
  ///
  /// In the order of the real client: the offsets go to the transaction (where the group's generation is checked,
  /// KIP-447), the queue is flushed, the coordinator decides. Between any two of them others may act. After `retry` the
  /// same call goes on from where it stopped.
  public func commit(_ positions: [LogPosition]) throws(LogFailure) {
    try enter("commit")
    guard isTransactional else { return try commitPlainly(positions) }
    guard producer.isOpen else {
      log.violated("\(host.clientID) commits without a transaction")
      throw LogFailure(.abortTransaction, "commit without begin")
    }
    if producer.stage == .open { producer.positions = positions }
    if producer.positions != positions {
      log.violated("\(host.clientID) repeats a commit with other positions")
    }
    try mayRetry("commit")
    if producer.stage != .ended { try mayFailAbortably("commit") }
    if producer.stage == .open { try sendOffsets(positions) }
    if producer.stage == .offsetsSent { try decide() }
    try giveWay()
    try mayStall(isDecided: true)
    try mayRetry("the answer to commit")
    if let index = producer.historyIndex { log.history[index].isAcknowledged = true }
    deliveries = uncovered(by: positions)
    producer.finish(commits: true)
    log.changed("\(host.clientID) has committed \(describe(positions))")
    try leave("commit")
  }

  /// Takes back the outputs since `begin`.
  public func abort() throws(LogFailure) {
    try enter("abort")
    guard isTransactional else { return }
    guard producer.isOpen else {
      log.violated("\(host.clientID) aborts without a transaction")
      throw LogFailure(.discardClient, "abort without begin")
    }
    guard producer.stage != .ended else { throw discard("abort while the commit is being decided") }
    try mayRetry("abort")
    producer.queue = []
    if let identity = producer.identity, !producer.added.isEmpty {
      try mayLoseAnswer(log.faults.abortAnswerLost, of: identity, nil)
      do throws(CoordinatorError) {
        try log.transactions.end(identity, commits: false)
      } catch {
        throw failure(error)
      }
    }
    deliveries = []
    producer.finish(commits: false)
    log.changed("\(host.clientID) has aborted")
    try leave("abort")
  }

  /// AddOffsetsToTxn and TxnOffsetCommit. Positions without an offset are left out, as librdkafka does; where none is
  /// left nothing is sent, and the transaction is not fenced by the group.
  private func sendOffsets(_ positions: [LogPosition]) throws(LogFailure) {
    let sent = positions.filter { $0.offset != nil }
    if let identity = producer.identity, !sent.isEmpty {
      let metadata = host.deviations.contains(.commitsWithoutMetadata) ? nil : membership.metadata
      if metadata == nil, !host.deviations.contains(.commitsWithoutMetadata) {
        throw LogFailure(.abortTransaction, "there is no assignment to commit for")
      }
      do throws(CoordinatorError) {
        try add(.group, for: identity)
        guard log.group.accepts(metadata) else { throw .staleMember }
        guard log.group.offsets.add(sent, of: identity) else { throw .producerFenced }
      } catch {
        if error == .concurrentTransactions { waitForMarkers() }
        throw failure(error)
      }
      log.changed("\(host.clientID) sends offsets \(describe(sent))")
    }
    producer.stage = .offsetsSent
    try giveWay()
    try mayStall()
    try mayCrash("commit", "between the offsets and the end of")
    try mayRetry("commit")
  }

  /// Flushes, then EndTxn.
  private func decide() throws(LogFailure) {
    do throws(CoordinatorError) {
      try deliver(producer.queue.count)
    } catch {
      if error == .concurrentTransactions { waitForMarkers() }
      throw failure(error)
    }
    if let identity = producer.identity, !producer.added.isEmpty {
      try giveWay()
      try mayStall()
      let transaction = self.transaction
      try mayLoseAnswer(log.faults.commitAnswerLost, of: identity, transaction)
      do throws(CoordinatorError) {
        try log.transactions.end(identity, commits: true)
        producer.historyIndex = log.history.count
        log.history.append(transaction)
      } catch {
        throw failure(error)
      }
      log.changed("transaction of \(host.clientID) is decided: commit")
    }
    producer.stage = .ended
  }

  /// A request whose answer never comes: it has arrived, was lost, or arrives later. The client gives up (and must ask
  /// the log what is true).
  private func mayLoseAnswer(
    _ probability: Double,
    of identity: ProducerIdentity,
    _ transaction: CommittedTransaction?
  ) throws(LogFailure) {
    guard log.random.chance(probability) else { return }
    let what = transaction != nil ? "commit" : "abort"
    switch log.random.below(3) {
    case 0:
      do throws(CoordinatorError) {
        try log.transactions.end(identity, commits: transaction != nil)
      } catch {
        throw failure(error)
      }
      log.happened(transaction == nil ? .abortUnanswered : .committedUnanswered)
      if let transaction { log.history.append(transaction) }
      log.changed("transaction of \(host.clientID) is decided (\(what)), but the answer is lost")
    case 1:
      log.happened(transaction == nil ? .abortUnanswered : .lostCommit)
      log.changed("the \(what) of \(host.clientID) is lost")
    default:
      log.sendLate(identity, transaction)
      log.changed("the \(what) of \(host.clientID) is under way")
    }
    throw discard("nobody knows what became of the \(what)")
  }

  /// Without transactions: flush, then an offset commit of this generation.
  private func commitPlainly(_ positions: [LogPosition]) throws(LogFailure) {
    try mayRetry("commit")
    do throws(CoordinatorError) {
      try deliver(producer.queue.count)
    } catch {
      throw failure(error)
    }
    try giveWay()
    try mayCrash("commit", "between the outputs and the offsets of")
    guard let metadata = membership.metadata, log.group.accepts(metadata) else { throw failure(.staleMember) }
    log.group.offsets.commit(positions.filter { $0.offset != nil })
    log.changed("\(host.clientID) has committed \(describe(positions))")
    try mayRetry("the answer to commit")
    try leave("commit")
  }

  /// An error after which librdkafka wants the transaction aborted.
  func mayFailAbortably(_ call: StaticString) throws(LogFailure) {
    guard log.random.chance(log.faults.abortable) else { return }
    log.trace.note(log.now, "\(host.clientID) \(call): the transaction has to be aborted")
    throw LogFailure(.abortTransaction, "\(call): an output timed out")
  }

  // MARK: Timers

  /// Notes what a timer of the member's did in the running transaction.
  public func note(_ work: CommittedTransaction.TimerWork, partition: Int32, at wall: Timestamp) {
    guard !host.hasCrashed else { return }
    var work = work
    work.contactSince = contactSince
    deliverTimerWork(partition, at: wall, timer: work)
  }

  /// Notes that a step of the member's is over, and with it the look at its timers.
  public func noteEndOfStep() {
    guard !host.hasCrashed else { return }
    let wall = host.clock.wall
    for (partition, proof) in proofs.endStep(at: wall.milliseconds) {
      deliverTimerWork(partition, at: wall, proof: proof)
    }
  }

  /// Adds to the running transaction what is no input.
  private func deliverTimerWork(
    _ partition: Int32,
    at wall: Timestamp,
    timer: CommittedTransaction.TimerWork? = nil,
    proof: CommittedTransaction.ReadProof? = nil
  ) {
    deliveries.append(
      CommittedTransaction.Delivery(
        partition: LogPartition(.presenceChanges, partition),
        offset: -1,
        wall: wall,
        note: host.note,
        timer: timer,
        proof: proof
      )
    )
  }

  /// The member has taken its transaction back, and begins anew.
  public func forgetTimerWork() {
    deliveries.removeAll { $0.isOfTimers }
    proofs.restart()
  }

  /// The member has made a transaction the truth that had nothing to commit: what only it knows may change without the
  /// log.
  public func keepTimerWork() {
    let work = deliveries.filter(\.isOfTimers)
    guard !host.hasCrashed, !work.isEmpty else { return }
    deliveries.removeAll { $0.isOfTimers }
    log.history.append(
      CommittedTransaction(host: host.number, deliveries: work, positions: [], isAcknowledged: true)
    )
  }

  /// The running transaction as the history has it.
  private var transaction: CommittedTransaction {
    let covered = deliveries.filter { delivery in producer.positions.contains { covers($0, delivery) } }
    return CommittedTransaction(host: host.number, deliveries: covered, positions: producer.positions)
  }

  private func uncovered(by positions: [LogPosition]) -> [CommittedTransaction.Delivery] {
    deliveries.filter { delivery in !positions.contains { covers($0, delivery) } }
  }

  private func covers(_ position: LogPosition, _ delivery: CommittedTransaction.Delivery) -> Bool {
    delivery.isOfTimers
      ? position.partition.partition == delivery.partition.partition
      : position.partition == delivery.partition && delivery.offset < position.offset ?? 0
  }

  private func waitForMarkers() {
    log.wait(milliseconds: 10)
    if log.random.chance(0.5) { log.deliverAllMarkers(of: host.transactionalID) }
  }

  private func describe(_ positions: [LogPosition]) -> String {
    positions.map { "\($0.partition)@\($0.offset.map(String.init) ?? "nil")" }.joined(separator: " ")
  }
}
