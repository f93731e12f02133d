// SPDX-License-Identifier: Apache-2.0

/// What Kafka's protocols can show a client besides success: the simulation counts each, so that tests can see that
/// none of it has ceased to happen.
public enum SimulatedEvent: String, CaseIterable, Sendable {
  /// A marker was written while something else had happened since the decision.
  case delayedMarker
  /// A marker was written twice, as a coordinator does whose own answer was lost.
  case repeatedMarker
  /// A commit took place, and its answer was lost.
  case committedUnanswered
  /// A commit was lost on its way.
  case lostCommit
  /// A commit or an abort arrived after its client had given up.
  case lateEnd
  /// An abort's answer was lost, whatever became of it.
  case abortUnanswered
  /// A producer was refused for its epoch.
  case producerFenced
  /// A member was refused for its generation or its id.
  case memberFenced
  /// The coordinator was still completing the last transaction.
  case concurrentTransactions
  /// A transaction was aborted for its age.
  case transactionTimeout
  /// A coordinator moved, or a queue was full: ask again.
  case coordinatorMoved
  /// Committed offsets were asked for while a transaction had others pending.
  case unstableOffsets
  /// A member was removed: silent, or not polling.
  case memberExpired
  /// The group rebalanced.
  case rebalance
  /// A compaction took records away.
  case compaction
  /// Retention took records away that the group had consumed.
  case retention
  /// A reader asked for an offset that was no longer there, and was sent on to the first.
  case offsetOutOfRange
  /// A partition's new leader showed readers less than there was.
  case slowFetch
  /// Watermarks were asked for and not answered.
  case unansweredWatermarks
  /// A process stopped in the midst of a commit, lost its session, and went on.
  case stalledCommit
  /// A process died in the midst of a call.
  case crash

  /// What comes too seldom to be expected of a few thousand runs: a member has to read on for long after the group has
  /// given its partitions to somebody else. `RetentionTests` looks at it by itself.
  public static let rare: Set<SimulatedEvent> = [.offsetOutOfRange]
}
