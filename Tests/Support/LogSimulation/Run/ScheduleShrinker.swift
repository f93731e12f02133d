// SPDX-License-Identifier: Apache-2.0

/// Makes a plan that fails smaller: fewer inputs, fewer faults, fewer members, as long as some schedule of it fails.
///
/// A seed is a whole history: without one input everything behind it happens otherwise. So a smaller plan is tried with
/// a number of schedules, and the first that fails is the one to go on from. What is left is not the smallest there is,
/// but one that a person can read.
public struct ScheduleShrinker {
  /// A run of a plan: why it failed, or nil.
  public typealias Attempt = (SimulationPlan) -> String?

  private let attempt: Attempt
  private let schedules: UInt64
  private var runsLeft: Int

  /// A shrinker that tries each smaller plan with so many schedules, and at most `runs` runs in all.
  public init(schedules: Int = 60, runs: Int = 20_000, attempt: @escaping Attempt) {
    self.attempt = attempt
    self.schedules = UInt64(schedules)
    runsLeft = runs
  }

  /// The smallest plan that was found, and why it fails.
  public mutating func shrink(_ plan: SimulationPlan, reason: String) -> (plan: SimulationPlan, reason: String) {
    var best = (plan: plan, reason: reason)
    var size: Int
    repeat {
      size = ScheduleShrinker.size(of: best.plan)
      dropInputs(&best)
      dropFaults(&best)
      dropMembers(&best)
    } while ScheduleShrinker.size(of: best.plan) < size && runsLeft > 0
    return best
  }

  private static func size(of plan: SimulationPlan) -> Int {
    plan.configuration.script.count + plan.configuration.members
      + FaultProfile.strengths.count { plan.configuration.faults[keyPath: $0.path] > 0 }
  }

  /// Takes runs of inputs out, long ones first (Zeller's ddmin).
  private mutating func dropInputs(_ best: inout (plan: SimulationPlan, reason: String)) {
    var length = best.plan.configuration.script.count / 2
    while length > 0 {
      var start = 0
      while start < best.plan.configuration.script.count {
        var smaller = best.plan
        let end = min(start + length, smaller.configuration.script.count)
        smaller.configuration.script.removeSubrange(start..<end)
        if !take(smaller, &best) { start += length }
      }
      length /= 2
    }
  }

  private mutating func dropFaults(_ best: inout (plan: SimulationPlan, reason: String)) {
    for fault in FaultProfile.strengths where best.plan.configuration.faults[keyPath: fault.path] > 0 {
      var smaller = best.plan
      smaller.configuration.faults[keyPath: fault.path] = 0
      _ = take(smaller, &best)
    }
  }

  private mutating func dropMembers(_ best: inout (plan: SimulationPlan, reason: String)) {
    while best.plan.configuration.members > 1 {
      var smaller = best.plan
      smaller.configuration.members -= 1
      guard take(smaller, &best) else { return }
    }
  }

  /// Goes on from a smaller plan where one of its schedules fails.
  private mutating func take(_ smaller: SimulationPlan, _ best: inout (plan: SimulationPlan, reason: String)) -> Bool {
    let stalled = "no progress"
    for schedule in [smaller.schedule] + (1...schedules) {
      guard runsLeft > 0 else { return false }
      runsLeft -= 1
      var candidate = smaller
      candidate.schedule = schedule
      // A plan that gets stuck is another failure than one that publishes what is wrong.
      guard let reason = attempt(candidate), reason.hasPrefix(stalled) == best.reason.hasPrefix(stalled) else {
        continue
      }
      best = (candidate, reason)
      return true
    }
    return false
  }
}
