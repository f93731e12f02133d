// SPDX-License-Identifier: Apache-2.0

import Worker

/// What a coordinator refuses, by the names of Kafka's protocol.
enum CoordinatorError: Error, Equatable {
  /// `INVALID_PRODUCER_EPOCH`, `PRODUCER_FENCED`: a newer incarnation exists.
  case producerFenced
  /// `CONCURRENT_TRANSACTIONS`: the previous transaction's markers are still being written.
  case concurrentTransactions
  /// `INVALID_TXN_STATE`: there is no such transaction to end.
  case invalidTransactionState
  /// `ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`, `FENCED_INSTANCE_ID`.
  case staleMember

  /// What it is to those who count; nil for what only a mistaken client gets to see.
  var event: SimulatedEvent? {
    switch self {
    case .producerFenced: .producerFenced
    case .concurrentTransactions: .concurrentTransactions
    case .invalidTransactionState: nil
    case .staleMember: .memberFenced
    }
  }
}

/// The transactions of a cluster, one at a time for each transactional id (KIP-98, KIP-360).
///
/// - (a) `initialise` raises the epoch. It ends what an earlier incarnation left open, and answers only when all of
///   that transaction's markers are written: until then `concurrentTransactions`.
/// - (b) `end` decides; the answer does not wait for the markers. Each partition of the transaction, and the group,
///   gets its marker by itself and at its own time: the scheduler's doing here.
/// - (c) A transaction that is older than its time-out is aborted, and the epoch raised, so that its producer is fenced
///   rather than surprised (`abortTimedOutTransactions`).
/// - (d) Every request of a lower epoch is fenced.
final class TransactionCoordinator {
  /// Where a marker has to be written.
  enum Target: Hashable {
    case partition(LogPartition)
    /// The group's partition of `__consumer_offsets`.
    case group
  }

  private enum Phase {
    case empty
    case ongoing(since: Int64)
    case deciding(commits: Bool)
    case complete(commits: Bool)
  }

  private struct Transaction {
    var id: String
    var producer: ProducerIdentity
    var phase = Phase.empty
    var timeout: Int64
    var targets: [Target] = []
  }

  private var transactions: [Transaction] = []

  /// Whether every transaction is ended and all markers are written.
  var isIdle: Bool {
    transactions.allSatisfy { transaction in
      switch transaction.phase {
      case .empty, .complete: true
      case .ongoing, .deciding: false
      }
    }
  }

  func initialise(_ id: String, timeout: Int64) throws(CoordinatorError) -> ProducerIdentity {
    guard let index = transactions.firstIndex(where: { $0.id == id }) else {
      let producer = ProducerIdentity(id: Int64(transactions.count + 1), epoch: 0)
      transactions.append(Transaction(id: id, producer: producer, timeout: timeout))
      return producer
    }
    switch transactions[index].phase {
    case .deciding: throw .concurrentTransactions
    case .ongoing:
      fenceAndAbort(index)
      throw .concurrentTransactions
    case .empty, .complete:
      transactions[index].producer.epoch += 1
      transactions[index].phase = .empty
      transactions[index].timeout = timeout
      return transactions[index].producer
    }
  }

  /// Adds a partition or the group to the producer's transaction, which begins with the first of them.
  func add(_ target: Target, for producer: ProducerIdentity, now: Int64) throws(CoordinatorError) {
    let index = try find(producer)
    switch transactions[index].phase {
    case .deciding: throw .concurrentTransactions
    case .empty, .complete:
      transactions[index].phase = .ongoing(since: now)
      transactions[index].targets = [target]
    case .ongoing:
      if !transactions[index].targets.contains(target) { transactions[index].targets.append(target) }
    }
  }

  /// Ends the transaction. Asking again for the same end is answered like the first time, so that a client whose
  /// answer was lost may repeat the request.
  func end(_ producer: ProducerIdentity, commits: Bool) throws(CoordinatorError) {
    let index = try find(producer)
    switch transactions[index].phase {
    case .ongoing: transactions[index].phase = .deciding(commits: commits)
    case .deciding(commits), .complete(commits): return
    case .empty, .deciding, .complete: throw .invalidTransactionState
    }
  }

  /// Aborts what is older than its time-out.
  func expire(now: Int64) -> [String] {
    var expired: [String] = []
    for index in transactions.indices {
      guard case .ongoing(let since) = transactions[index].phase, now - since > transactions[index].timeout else {
        continue
      }
      fenceAndAbort(index)
      expired.append(transactions[index].id)
    }
    return expired
  }

  /// The markers that are to be written, in a stable order: all, or those of one transactional id.
  func pendingMarkers(of id: String? = nil) -> [(producer: ProducerIdentity, target: Target, commits: Bool)] {
    var markers: [(ProducerIdentity, Target, Bool)] = []
    for transaction in transactions where id == nil || transaction.id == id {
      guard case .deciding(let commits) = transaction.phase else { continue }
      for target in transaction.targets { markers.append((transaction.producer, target, commits)) }
    }
    return markers
  }

  /// Notes that a marker is written.
  func wrote(_ target: Target, for producer: ProducerIdentity) {
    guard let index = transactions.firstIndex(where: { $0.producer.id == producer.id }),
      case .deciding(let commits) = transactions[index].phase
    else { return }
    transactions[index].targets.removeAll { $0 == target }
    if transactions[index].targets.isEmpty { transactions[index].phase = .complete(commits: commits) }
  }

  private func find(_ producer: ProducerIdentity) throws(CoordinatorError) -> Int {
    guard let index = transactions.firstIndex(where: { $0.producer.id == producer.id }),
      transactions[index].producer.epoch == producer.epoch
    else { throw .producerFenced }
    return index
  }

  private func fenceAndAbort(_ index: Int) {
    transactions[index].producer.epoch += 1
    transactions[index].phase = .deciding(commits: false)
  }
}
