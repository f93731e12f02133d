// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import Testing

/// A kind of request, and the errors with which a broker answers it, one after the other.
struct InjectedErrors: Sendable, CustomTestStringConvertible {
  /// Where a lane meets the errors.
  enum Occasion: Sendable {
    /// In the midst of its work.
    case work
    /// When its clients connect, join and leave: each error is for a lane that is stopped and another that begins.
    case replacement
    /// When clients that have just been made ask for a topic that the lane writes to.
    case metadata

    /// How many errors one lane meets, which mostly waits: for metadata that is said to come, and for a place in a group
    /// that somebody has left badly, many seconds.
    var codesInARun: Int {
      switch self {
      case .work: 4
      case .replacement: 2
      case .metadata: 3
      }
    }
  }

  var name: String
  var request: KafkaMockCluster.Request
  var occasion: Occasion
  /// Whether the lane commits in transactions.
  var isTransactional: Bool
  var codes: [KafkaError.Code]

  var testDescription: String {
    "\(name), \(isTransactional ? "exactly-once" : "at-least-once"), \(codes.map { String($0.rawValue) })"
  }

  /// All pairs, in runs that are short enough to go side by side.
  ///
  /// `INJECTED_ERRORS=all` in the environment takes every code that a broker can give, else those which brokers do give.
  static let all: [InjectedErrors] = {
    var all: [InjectedErrors] = []
    for kind in kinds {
      let codes = isWhole ? everyCode : kind.occasion == .replacement ? joiningCodes : usualCodes
      let possible = codes.filter { kind.excluded[$0] == nil }
      let size = isWhole ? 8 : kind.occasion.codesInARun
      for isTransactional in kind.modes {
        for start in stride(from: 0, to: possible.count, by: size) {
          all.append(
            InjectedErrors(
              name: kind.name,
              request: kind.request,
              occasion: kind.occasion,
              isTransactional: isTransactional,
              codes: Array(possible[start..<min(possible.count, start + size)])
            )
          )
        }
      }
    }
    return all
  }()

  /// Whether every code is asked for.
  static let isWhole = ProcessInfo.processInfo.environment["INJECTED_ERRORS"] == "all"

  /// -1 is what a broker calls unknown; 97 is the last code that librdkafka 2.0.2 has a name for.
  private static let everyCode: [KafkaError.Code] =
    [.transport, KafkaError.Code(rawValue: -1)] + (1...97).map { KafkaError.Code(rawValue: $0) }

  private static let usualCodes: [KafkaError.Code] =
    [
      .transport, .offsetOutOfRange, .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderForPartition,
      .requestTimedOut, .messageTooLarge, .networkException, .coordinatorLoadInProgress, .coordinatorNotAvailable,
      .notCoordinator, .notEnoughReplicas, .illegalGeneration, .unknownMember, .rebalanceInProgress,
      .topicAuthorizationFailed, .groupAuthorizationFailed, .invalidProducerEpoch, .invalidTransactionState,
      .concurrentTransactions, .fencedInstance, .unstableOffsetCommit, .throttlingQuotaExceeded, .producerFenced,
    ]
    // Unknown, unsupported version, invalid request, out of order, invalid mapping of the producer's id, transactional
    // id not authorised, storage error, unknown producer's id.
    + [-1, 35, 42, 45, 49, 53, 56, 59].map { KafkaError.Code(rawValue: $0) }

  /// What a coordinator says to somebody who joins or takes over: each takes seconds, so of each class of the taxonomy
  /// there is one.
  private static let joiningCodes: [KafkaError.Code] = [
    .transport, .requestTimedOut, .coordinatorLoadInProgress, .notCoordinator, .illegalGeneration, .unknownMember,
    .rebalanceInProgress, .groupAuthorizationFailed, .invalidProducerEpoch, .concurrentTransactions, .fencedInstance,
    .unstableOffsetCommit, .throttlingQuotaExceeded, .producerFenced,
  ]

  private struct Kind {
    var name: String
    var request: KafkaMockCluster.Request
    var occasion: Occasion
    var modes: [Bool]
    /// Codes that are no error there, with the reason.
    var excluded: [KafkaError.Code: String] = [:]
  }

  private static let either: [Bool] = isWhole ? [true, false] : [true]
  private static let duplicateSequence = KafkaError.Code(rawValue: 46)

  private static let kinds = [
    Kind(
      name: "Produce",
      request: .produce,
      occasion: .work,
      modes: [true, false],
      excluded: [duplicateSequence: "it acknowledges the record, which the in-process broker then does not have"]
    ),
    Kind(name: "Fetch", request: .fetch, occasion: .work, modes: either),
    Kind(name: "ListOffsets", request: .listOffsets, occasion: .work, modes: either),
    Kind(name: "Metadata", request: .metadata, occasion: .metadata, modes: either),
    Kind(name: "OffsetCommit", request: .offsetCommit, occasion: .work, modes: [false]),
    Kind(name: "OffsetFetch", request: .offsetFetch, occasion: .replacement, modes: either),
    Kind(name: "FindCoordinator", request: .findCoordinator, occasion: .replacement, modes: either),
    Kind(name: "JoinGroup", request: .joinGroup, occasion: .replacement, modes: either),
    Kind(name: "Heartbeat", request: .heartbeat, occasion: .work, modes: either),
    Kind(name: "LeaveGroup", request: .leaveGroup, occasion: .replacement, modes: either),
    Kind(name: "SyncGroup", request: .syncGroup, occasion: .replacement, modes: either),
    Kind(name: "ApiVersions", request: .apiVersions, occasion: .replacement, modes: either),
    Kind(name: "InitProducerId", request: .initProducerID, occasion: .replacement, modes: [true]),
    Kind(name: "AddPartitionsToTxn", request: .addPartitionsToTransaction, occasion: .work, modes: [true]),
    Kind(name: "AddOffsetsToTxn", request: .addOffsetsToTransaction, occasion: .work, modes: [true]),
    Kind(name: "TxnOffsetCommit", request: .transactionOffsetCommit, occasion: .work, modes: [true]),
    Kind(name: "EndTxn", request: .endTransaction, occasion: .work, modes: [true]),
  ]
}
