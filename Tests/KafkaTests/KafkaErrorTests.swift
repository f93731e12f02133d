// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kafka

@Suite("What to do after an error")
struct KafkaErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var code: KafkaError.Code
    var operation: KafkaError.Operation
    var traits: KafkaError.Traits = []
    var recovery: KafkaError.Recovery
    var testDescription: String { "\(code) while \(operation), \(traits.rawValue)" }
  }

  @Test(
    "follows the taxonomy",
    arguments: [
      // (a) fatal and fenced
      Case(code: .failed, operation: .produce, traits: [.fatal], recovery: .discardClient),
      Case(code: .failed, operation: .sendOffsets, traits: [.fatal, .requiresAbort], recovery: .discardClient),
      Case(code: .fencedInstance, operation: .sendOffsets, traits: [.fatal], recovery: .discardClient),
      Case(code: .producerFenced, operation: .commitTransaction, recovery: .discardClient),
      Case(code: .invalidProducerEpoch, operation: .produce, recovery: .discardClient),
      Case(code: .fenced, operation: .beginTransaction, recovery: .discardClient),
      Case(code: .fencedInstance, operation: .poll, recovery: .discardClient),
      Case(code: .fatal, operation: .poll, recovery: .discardClient),
      // (b) to be aborted
      Case(code: .failed, operation: .commitTransaction, traits: [.requiresAbort], recovery: .abortTransaction),
      Case(code: .fencedInstance, operation: .commitTransaction, traits: [.requiresAbort], recovery: .abortTransaction),
      Case(code: .failed, operation: .abortTransaction, traits: [.requiresAbort], recovery: .discardClient),
      // (c) unknown outcome
      Case(code: .timedOut, operation: .commitTransaction, traits: [.retriable], recovery: .discardClient),
      Case(code: .timedOut, operation: .abortTransaction, traits: [.retriable], recovery: .discardClient),
      Case(code: .state, operation: .beginTransaction, recovery: .discardClient),
      Case(code: .timedOut, operation: .initTransactions, traits: [.retriable], recovery: .retry),
      Case(code: .failed, operation: .initTransactions, recovery: .discardClient),
      // (d) offsets of a transaction
      Case(code: .illegalGeneration, operation: .sendOffsets, recovery: .abortTransaction),
      Case(code: .unknownMember, operation: .sendOffsets, recovery: .abortTransaction),
      Case(code: .fencedInstance, operation: .sendOffsets, recovery: .abortTransaction),
      Case(code: .timedOut, operation: .sendOffsets, traits: [.requiresAbort], recovery: .abortTransaction),
      Case(code: .conflict, operation: .sendOffsets, traits: [.retriable], recovery: .retry),
      // records
      Case(code: .queueFull, operation: .produce, recovery: .retry),
      Case(code: .messageTooLarge, operation: .produce, recovery: .none),
      Case(code: .state, operation: .produce, traits: [.transactional], recovery: .abortTransaction),
      Case(code: .messageTimedOut, operation: .deliver, recovery: .retry),
      Case(code: .messageTimedOut, operation: .deliver, traits: [.transactional], recovery: .abortTransaction),
      Case(code: .messageTooLarge, operation: .deliver, recovery: .none),
      // offsets outside transactions
      Case(code: .notCoordinator, operation: .commit, recovery: .retry),
      Case(code: .illegalGeneration, operation: .commit, recovery: .none),
      Case(code: .rebalanceInProgress, operation: .commit, recovery: .none),
      Case(code: .fencedInstance, operation: .commit, recovery: .discardClient),
      Case(code: .allBrokersDown, operation: .background, recovery: .retry),
      Case(code: .topicAuthorizationFailed, operation: .poll, recovery: .none),
    ]
  )
  func taxonomy(_ expected: Case) {
    let recovery = KafkaError.Recovery(code: expected.code, operation: expected.operation, traits: expected.traits)
    #expect(recovery == expected.recovery)
  }

  @Test("says in its description what is safe to say, and the rest only in the debug description")
  func descriptions() {
    let error = KafkaError(.notCoordinator, operation: .commit, detail: "group secret-group at broker-7")
    #expect(error.description == "Kafka commit: NOT_COORDINATOR (16) (recovery: retry)")
    #expect(error.debugDescription.hasPrefix(error.description))
    #expect(error.debugDescription.hasSuffix("group secret-group at broker-7"))
  }

  @Test("names codes that it has no constant for")
  func openCodes() {
    #expect(KafkaError.Code(rawValue: 40).description == "INVALID_CONFIG (40)")
  }

  @Test(
    "turns durations into whole milliseconds, rounded up and never negative",
    arguments: [
      (.zero, 0), (.microseconds(1), 1), (.milliseconds(1), 1), (.milliseconds(1500), 1500),
      (.seconds(-1), 0), (.milliseconds(-1), 0), (.seconds(1_000_000_000), 2_000_000_000),
    ] as [(Duration, Int32)]
  )
  func durations(duration: Duration, milliseconds: Int32) {
    #expect(duration.millisecondsForC == milliseconds)
  }
}
