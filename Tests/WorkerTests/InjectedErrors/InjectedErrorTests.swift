// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

@testable import Worker

/// Every request that a lane makes of Kafka, answered with every error: it goes on, and nothing is lost.
///
/// The in-process broker isolates no transactions, so this is about what a lane makes of errors and not about
/// exactly-once.
@Suite(.ownThreads(atOnce: 50), .timeLimit(.minutes(30)))
struct InjectedErrorTests {
  @Test("A lane meets an error, recovers as the taxonomy says, and works on", arguments: InjectedErrors.all)
  func recovers(_ errors: InjectedErrors) throws {
    let stage = try LaneStage(isTransactional: errors.isTransactional)
    try stage.work("the first join")
    for code in errors.codes {
      let failures = try stage.inject(code, errors)
      let effect = Effect(failures)
      if InjectedErrors.isWhole { print("\(errors.name), \(code): \(effect)") }
      switch Effect.required(errors.request, code) {
      case nil: break
      case Effect.none?:
        #expect(!failures.contains { $0.message.contains(code.description) }, "\(errors.name) \(code): \(failures)")
      case let required?:
        #expect(effect == required, "\(errors.name) \(code): \(failures)")
      }
    }
    try stage.finish()
  }

  /// "At least once: a record's delivery fails with an error that passes; the commit is tried again, has nothing to wait
  /// for any more, and commits the input of a record that was never written."
  @Test("A record whose delivery fails at the commit is produced again")
  func deliveryFailsAtCommit() throws {
    let code = KafkaError.Code.throttlingQuotaExceeded
    let errors = InjectedErrors(
      name: "Produce",
      request: .produce,
      occasion: .work,
      isTransactional: false,
      codes: [code]
    )
    let stage = try LaneStage(isTransactional: false)
    try stage.work("the first join")
    #expect(try stage.inject(code, errors).contains { $0.message.contains(code.description) })
    try stage.finish()
  }

  /// What an error makes a lane do; the strongest counts.
  private enum Effect: Int, Comparable {
    /// Nothing: librdkafka tries again by itself.
    case none
    case tryAgain
    case abortTransaction
    case discardClients

    init(_ failures: [LogFailure]) {
      let effects = failures.map { failure -> Effect in
        switch failure.recovery {
        case .retry: .tryAgain
        case .abortTransaction: .abortTransaction
        case .discardClient: .discardClients
        }
      }
      self = effects.max() ?? .none
    }

    static func < (left: Effect, right: Effect) -> Bool { left.rawValue < right.rawValue }

    /// What has to become of an error; nil where the lane may do either.
    static func required(_ request: KafkaMockCluster.Request, _ code: KafkaError.Code) -> Effect? {
      switch (request, code) {
      case (.endTransaction, .producerFenced), (.endTransaction, .invalidProducerEpoch),
        (.addPartitionsToTransaction, .producerFenced):
        .discardClients
      case (.transactionOffsetCommit, .illegalGeneration), (.transactionOffsetCommit, .unknownMember),
        (.transactionOffsetCommit, .fencedInstance):
        .abortTransaction
      case (.addPartitionsToTransaction, .concurrentTransactions), (.endTransaction, .notCoordinator),
        (.endTransaction, .coordinatorNotAvailable), (.produce, .notLeaderForPartition), (.produce, .transport):
        Effect.none
      default:
        nil
      }
    }
  }
}
