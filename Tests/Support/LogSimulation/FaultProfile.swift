// SPDX-License-Identifier: Apache-2.0

/// How often what goes wrong: probabilities per client call or per step of the scheduler.
public struct FaultProfile: Sendable {
  // Per client call.

  /// The process dies before or behind a call's effect.
  public var crash = 0.0
  /// A call fails with `retry`: a full queue, a coordinator that moves, a time-out that may be repeated.
  public var retry = 0.0
  /// A transaction has to be aborted although nobody else is at fault: an output that timed out, a leader that moved.
  public var abortable = 0.0
  /// A commit's answer is lost: nobody knows whether it was committed.
  public var commitAnswerLost = 0.0
  /// An abort's answer is lost.
  public var abortAnswerLost = 0.0
  /// A poll answers nothing although there are records.
  public var emptyPoll = 0.0
  /// A member does not learn yet at this poll that it should give its partitions up.
  public var lateNotice = 0.0
  /// Other members and the log get their turn in the midst of a call.
  public var interleave = 0.0
  /// The process stops in the midst of a commit, for longer than its session lasts, and goes on with it.
  public var stall = 0.0
  /// The watermarks are not answered (nil).
  public var boundsUnanswered = 0.0
  /// An answer to a request for watermarks is not there yet.
  public var boundsLate = 0.0
  /// A queued output leaves for the log by itself rather than at the commit.
  public var earlyDelivery = 0.3
  /// The most records that a poll hands over.
  public var recordsPerPoll = 500
  /// How many outputs the producer's queue holds.
  public var queueLimit = 10_000

  // Per step of the scheduler.

  /// A member's process is killed.
  public var kill = 0.0
  /// A killed member's successor takes another transactional id and no static place.
  public var newIdentity = 0.0
  /// A member stops for longer than its session lasts.
  public var pause = 0.0
  /// A member's successor starts although the member still runs.
  public var zombie = 0.0
  /// A member cannot reach the log for a while.
  public var cutOff = 0.0
  /// A member is asked to stop in good order, and starts again.
  public var restart = 0.0
  /// The group rebalances.
  public var rebalance = 0.0
  /// The clock leaps by seconds.
  public var leap = 0.0
  /// Compacted topics are compacted.
  public var compaction = 0.02
  /// Of the inputs, what the group has consumed is deleted up to a random place.
  public var retention = 0.0
  /// A partition gets a leader that shows readers nothing new for a while.
  public var slowFetch = 0.0
  /// A marker that could be written is written.
  public var marker = 0.3
  /// A marker that is written is written twice.
  public var repeatedMarker = 0.0

  /// Nothing goes wrong.
  public static let calm = FaultProfile()

  /// A profile of its defaults: nothing goes wrong.
  public init() {}

  /// Some faults switched on, others off, in strengths of the seed's choice.
  ///
  /// A run with every fault at once makes little progress and hides what a single one does ("swarm testing", Groce et
  /// al. 2012), so each is left out half of the time.
  public static func swarm(_ random: inout SplitMix64) -> FaultProfile {
    var profile = FaultProfile()
    func draw(_ strength: Double) -> Double {
      random.chance(0.5) ? strength * Double(random.within(1...10)) / 10 : 0
    }
    profile.crash = draw(0.01)
    profile.retry = draw(0.15)
    profile.abortable = draw(0.05)
    profile.commitAnswerLost = draw(0.1)
    profile.abortAnswerLost = draw(0.2)
    profile.emptyPoll = draw(0.6)
    profile.lateNotice = draw(0.8)
    profile.interleave = draw(0.3)
    profile.stall = draw(0.2)
    profile.boundsUnanswered = draw(0.3)
    profile.boundsLate = draw(0.7)
    profile.earlyDelivery = random.pick([0, 0.1, 0.5, 1])!
    profile.recordsPerPoll = random.pick([1, 2, 5, 500])!
    profile.queueLimit = random.pick([2, 5, 10_000, 10_000])!
    profile.kill = draw(0.01)
    profile.newIdentity = random.pick([0, 0.5, 1])!
    profile.pause = draw(0.01)
    profile.zombie = draw(0.01)
    profile.cutOff = draw(0.01)
    profile.restart = draw(0.01)
    profile.rebalance = draw(0.01)
    profile.leap = draw(0.02)
    profile.compaction = draw(0.1)
    profile.retention = draw(0.3)
    profile.slowFetch = draw(0.05)
    profile.marker = random.pick([0.02, 0.1, 0.5, 0.9])!
    profile.repeatedMarker = draw(0.3)
    return profile
  }

  /// The faults that can be switched off one by one, with their names.
  public static var strengths: [(name: String, path: WritableKeyPath<FaultProfile, Double>)] {
    [
      ("crash", \.crash), ("retry", \.retry), ("abortable", \.abortable), ("commitAnswerLost", \.commitAnswerLost),
      ("abortAnswerLost", \.abortAnswerLost), ("emptyPoll", \.emptyPoll), ("lateNotice", \.lateNotice),
      ("interleave", \.interleave), ("stall", \.stall), ("boundsUnanswered", \.boundsUnanswered),
      ("boundsLate", \.boundsLate),
      ("kill", \.kill), ("newIdentity", \.newIdentity), ("pause", \.pause), ("zombie", \.zombie),
      ("cutOff", \.cutOff), ("restart", \.restart), ("rebalance", \.rebalance), ("leap", \.leap),
      ("compaction", \.compaction), ("retention", \.retention), ("slowFetch", \.slowFetch),
      ("repeatedMarker", \.repeatedMarker),
    ]
  }
}
