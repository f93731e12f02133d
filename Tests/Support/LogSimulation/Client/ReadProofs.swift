// SPDX-License-Identifier: Apache-2.0

import Worker

/// What a member cannot help knowing of how far it has read: for leases, which have to be over once everything that was
/// written before their end is known to have been read (presence rule 7).
///
/// - (a) A question for the high watermark of a partition of changes is a mark, once its answer is taken. An answer to a
///   question that was asked again counts no more, nor does one that comes while an earlier mark is not reached.
/// - (b) A mark that the member has read up to is a proof: nothing from before the question is unread. The first since
///   the partition is read without a break starts the leases.
/// - (c) A mark that is not reached within `patience` is a break: the member has fallen behind.
/// - (d) A member may look at its timers a little later than it could (`slack`), and leave them out in a step in which
///   its transaction is too old for more work. So a proof binds it in the second step that ends after that time.
struct ReadProofs {
  private struct Mark {
    var askedAt: Int64
    var high: Int64
  }

  private struct Progress {
    var position: Int64
    var mark: Mark?
    var caughtUpAt: Int64?
    /// The proofs that do not bind the member yet: when they were asked for and when they came, in this order.
    var fresh: [(askedAt: Int64, cameAt: Int64)] = []
    /// As of when everything is read by a proof that binds the member from its next step on.
    var binding = Int64.min
    /// The proof that was handed out last.
    var handedOut = Int64.min
  }

  /// How long a mark may take to be reached.
  private static let patience: Int64 = 5_000
  /// A lease that is due and not proven to be over is looked at again in 250 ms, by a timer with a resolution of 64 ms.
  private static let slack: Int64 = 250 + 64

  private var progress: [Int32: Progress] = [:]
  private var question: (token: UInt64, askedAt: Int64)?

  /// Begins anew with these positions; what was asked before counts no more.
  mutating func restart(_ positions: [LogPosition] = []) {
    question = nil
    progress = [:]
    for position in positions where position.partition.topic == .presenceChanges {
      progress[position.partition.partition] = Progress(position: position.offset ?? 0)
    }
  }

  /// Takes a break into account that the member hears of and reads on after.
  mutating func interrupt() {
    for number in progress.keys { progress[number] = progress[number].map { Progress(position: $0.position) } }
  }

  /// Notes that the member has read a partition up to an offset.
  mutating func reach(_ partition: LogPartition, _ position: Int64) {
    guard partition.topic == .presenceChanges, let known = progress[partition.partition]?.position else { return }
    progress[partition.partition]?.position = max(known, position)
  }

  /// Notes a question.
  mutating func ask(_ partitions: [LogPartition], token: UInt64, at moment: Int64) {
    guard partitions.contains(where: { $0.topic == .presenceChanges }) else { return }
    question = (token, moment)
  }

  /// Notes that the member has taken an answer.
  mutating func take(_ answer: LogBoundsAnswer) {
    guard let question, question.token == answer.token else { return }
    self.question = nil
    for bound in answer.bounds ?? [] where bound.partition.topic == .presenceChanges {
      let number = bound.partition.partition
      guard progress[number]?.mark == nil else { continue }
      progress[number]?.mark = Mark(askedAt: question.askedAt, high: bound.high)
    }
  }

  /// Ends a step of the member's; answers the proofs that have newly come to bind it.
  mutating func endStep(at moment: Int64) -> [(partition: Int32, proof: CommittedTransaction.ReadProof)] {
    var proofs: [(Int32, CommittedTransaction.ReadProof)] = []
    for number in progress.keys.sorted() {
      guard var state = progress[number] else { continue }
      if let mark = state.mark {
        if state.position >= mark.high {
          state.mark = nil
          state.fresh.append((mark.askedAt, moment))
          state.caughtUpAt = state.caughtUpAt ?? moment
        } else if moment - mark.askedAt > ReadProofs.patience {
          state = Progress(position: state.position)
        }
      }
      if let since = state.caughtUpAt, state.binding > state.handedOut {
        state.handedOut = state.binding
        proofs.append((number, CommittedTransaction.ReadProof(caughtUpSince: since, readUpTo: state.binding)))
      }
      while let first = state.fresh.first, first.cameAt + ReadProofs.slack <= moment {
        state.binding = max(state.binding, first.askedAt)
        state.fresh.removeFirst()
      }
      progress[number] = state
    }
    return proofs
  }
}
