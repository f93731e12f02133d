// SPDX-License-Identifier: Apache-2.0

extension KafkaError {
  /// What librdkafka says about an error beside its code.
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt8

    /// The client has had its last error.
    static let fatal = Traits(rawValue: 1 << 0)
    /// The call may be repeated.
    static let retriable = Traits(rawValue: 1 << 1)
    /// The transaction cannot be committed.
    static let requiresAbort = Traits(rawValue: 1 << 2)
    /// The client is a transactional producer.
    static let transactional = Traits(rawValue: 1 << 3)
  }
}

extension KafkaError.Recovery {
  /// Classifies an error of librdkafka.
  ///
  /// (a) What is fatal, and every way of being fenced as a producer or as a static member, ends the client: another
  /// one has its name now, and librdkafka before KIP-588 cannot bump its epoch.
  /// (b) What librdkafka says can be aborted is aborted, whatever spoiled it; an abort which fails ends the client.
  /// (c) A commit or an abort of a transaction whose outcome is not known ends the client, although librdkafka calls it
  /// retriable: "the time-out passes, EndTxn is on its way, the next transaction begins in the same epoch, and the late
  /// EndTxn completes that one instead". A new producer bumps the epoch first.
  /// (d) Offsets that a transaction cannot take, for whatever reason, spoil that transaction only.
  init(code: KafkaError.Code, operation: KafkaError.Operation, traits: KafkaError.Traits) {
    if traits.contains(.fatal) {
      self = .discardClient
      return
    }
    if traits.contains(.requiresAbort), operation != .abortTransaction {
      self = .abortTransaction
      return
    }
    // A static member that was replaced is the group's affair, not the producer's: (d) before (a).
    if Self.fencing.contains(code), !(operation == .sendOffsets && code == .fencedInstance) {
      self = .discardClient
      return
    }
    switch operation {
    case .commitTransaction, .abortTransaction, .initTransactions, .beginTransaction:
      self = operation == .initTransactions && traits.contains(.retriable) ? .retry : .discardClient
    case .sendOffsets:
      self = traits.contains(.retriable) ? .retry : .abortTransaction
    case .produce:
      if code == .queueFull {
        self = .retry
      } else {
        // The transaction has become abortable in the background, and takes no more records.
        self = code == .state && traits.contains(.transactional) ? .abortTransaction : .none
      }
    case .deliver:
      if traits.contains(.transactional) {
        self = .abortTransaction
      } else {
        self = Self.transient.contains(code) || code == .messageTimedOut ? .retry : .none
      }
    default:
      self = traits.contains(.retriable) || Self.transient.contains(code) ? .retry : .none
    }
  }

  private static let fencing: Set<KafkaError.Code> = [
    .fatal, .fenced, .producerFenced, .invalidProducerEpoch, .fencedInstance,
  ]

  private static let transient: Set<KafkaError.Code> = [
    .transport, .allBrokersDown, .timedOut, .queueFull, .waitingForCoordinator, .leaderNotAvailable,
    .notLeaderForPartition, .requestTimedOut, .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator,
    .concurrentTransactions, .unstableOffsetCommit, .throttlingQuotaExceeded, .notEnoughReplicas, .networkException,
    .previousInProgress, .conflict,
  ]
}
