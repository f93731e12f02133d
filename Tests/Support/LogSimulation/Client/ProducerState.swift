// SPDX-License-Identifier: Apache-2.0

import Worker

/// A client's transactional producer.
struct ProducerState {
  /// How far the commit of the running transaction has come; a commit that failed with `retry` goes on from there.
  enum Stage: Equatable {
    case open
    case offsetsSent
    case ended
  }

  /// The identity that the coordinator gave; nil before, and where there are no transactions.
  var identity: ProducerIdentity?
  /// Whether a transaction has begun.
  var isOpen = false
  var stage = Stage.open
  /// Whether the process has stood still in the commit that is under way.
  var hasStalled = false
  /// The positions of the commit that is under way, which a repeated call must name again.
  var positions: [LogPosition] = []
  /// Outputs that have not left for the log.
  var queue: [(partition: LogPartition, content: RecordContent)] = []
  /// What the coordinator knows to be in the transaction.
  var added: [TransactionCoordinator.Target] = []
  /// The offsets behind what was acknowledged in the running transaction.
  var delivered: [LogPartition: Int64] = [:]
  /// Where the transaction that was decided stands in the log's history.
  var historyIndex: Int?
  /// The offsets behind what is durable.
  var written: [LogPartition: Int64] = [:]

  /// The transaction is over: what was delivered counts, or does not.
  mutating func finish(commits: Bool) {
    if commits { written.merge(delivered) { max($0, $1) } }
    delivered = [:]
    queue = []
    added = []
    positions = []
    historyIndex = nil
    stage = .open
    hasStalled = false
    isOpen = false
  }
}
