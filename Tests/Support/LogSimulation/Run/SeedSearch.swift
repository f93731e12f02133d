// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A search for a seed whose run fails.
///
/// - `SIMULATION_SEEDS=count` tries that many seeds instead of the test's own number.
/// - `SIMULATION_SEED=n` tries that one and prints what happens, line by line.
public struct SeedSearch: Sendable {
  /// Draws the plan of a seed.
  public typealias Draw = (UInt64) throws(SimulationFailure) -> SimulationPlan
  /// Runs a plan.
  public typealias Run = (SimulationPlan, SimulationTrace) throws(SimulationFailure) -> Void

  /// The first seed that failed.
  public struct Finding: CustomStringConvertible, Sendable {
    /// The seed.
    public var seed: UInt64
    /// Why its run failed.
    public var reason: String
    /// A smaller plan that fails, and why; the seed's own where none was looked for.
    public var plan: SimulationPlan
    /// Why the smaller plan fails.
    public var planReason: String
    /// The end of what happens in the smaller plan.
    public var tail: [String]
    /// What runs the seed again.
    public var command: String

    /// All of it, for the test's output.
    public var description: String {
      """
      seed \(seed): \(reason)
      Run it again with: \(command)
      Made smaller it fails with: \(planReason)
      \(plan)
      The last of what happens there:
        \(tail.joined(separator: "\n  "))
      """
    }
  }

  private let test: String
  private let seeds: ClosedRange<UInt64>
  private let single: UInt64?

  /// A search of a test; `test` is its name for `swift test --filter`.
  public init(test: String, seeds: Int) {
    let environment = ProcessInfo.processInfo.environment
    self.test = test
    single = environment["SIMULATION_SEED"].flatMap(UInt64.init)
    self.seeds = 1...UInt64(environment["SIMULATION_SEEDS"].flatMap(Int.init) ?? seeds)
  }

  private init(test: String, seeds: ClosedRange<UInt64>, single: UInt64? = nil) {
    self.test = test
    self.seeds = seeds
    self.single = single
  }

  /// A search that the environment does not change: for tests that expect a finding within a bound.
  public static func bounded(test: String, seeds: Int) -> SeedSearch {
    SeedSearch(test: test, seeds: 1...UInt64(seeds))
  }

  /// A search of these seeds, whatever the environment says.
  public static func range(_ seeds: ClosedRange<UInt64>, test: String) -> SeedSearch {
    SeedSearch(test: test, seeds: seeds)
  }

  /// Whether one seed alone is run.
  public var isSingle: Bool { single != nil }

  /// Runs seed after seed until one fails, makes its plan smaller, and runs that with a trace; nil where none fails.
  public func firstFailure(_ draw: Draw, shrinks: Bool = true, run: Run) -> Finding? {
    if let single {
      let trace = SimulationTrace(isRecording: true)
      let plan: SimulationPlan
      do throws(SimulationFailure) { plan = try draw(single) } catch { return undrawn(single, error) }
      let reason = attempt(plan, trace, run)
      for line in trace.lines { print(line) }
      return reason.map { finding(plan, $0, shrinks: false, run) }
    }
    for seed in seeds {
      let plan: SimulationPlan
      do throws(SimulationFailure) { plan = try draw(seed) } catch { return undrawn(seed, error) }
      guard let reason = attempt(plan, SimulationTrace(isRecording: false), run) else { continue }
      return finding(plan, reason, shrinks: shrinks, run)
    }
    return nil
  }

  private func attempt(_ plan: SimulationPlan, _ trace: SimulationTrace, _ run: Run) -> String? {
    do throws(SimulationFailure) {
      try run(plan, trace)
      return nil
    } catch {
      return error.description
    }
  }

  private func finding(_ plan: SimulationPlan, _ reason: String, shrinks: Bool, _ run: Run) -> Finding {
    var smaller = (plan: plan, reason: reason)
    if attempt(plan, SimulationTrace(isRecording: false), run) != reason {
      smaller.reason += " (but not when run again: something is not deterministic)"
    } else if shrinks {
      smaller = withoutActuallyEscaping(run) { run in
        var shrinker = ScheduleShrinker { attempt($0, SimulationTrace(isRecording: false), run) }
        return shrinker.shrink(plan, reason: reason)
      }
    }
    let trace = SimulationTrace(isRecording: true)
    _ = attempt(smaller.plan, trace, run)
    return Finding(
      seed: plan.seed,
      reason: reason,
      plan: smaller.plan,
      planReason: smaller.reason,
      tail: Array(trace.lines.suffix(120)),
      command: "SIMULATION_SEED=\(plan.seed) swift test --filter '\(test)'"
    )
  }

  private func undrawn(_ seed: UInt64, _ failure: SimulationFailure) -> Finding {
    Finding(
      seed: seed,
      reason: failure.description,
      plan: SimulationPlan(seed: seed, configuration: SimulationConfiguration()),
      planReason: "it has no plan",
      tail: [],
      command: ""
    )
  }
}
