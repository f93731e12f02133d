// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A search for a seed whose run fails.
///
/// - `SIMULATION_SEEDS=count` tries that many seeds instead of the test's own number.
/// - `SIMULATION_SEED=n` tries that one and prints what happens, line by line.
public struct SeedSearch: Sendable {
  /// The first seed that failed.
  public struct Finding: CustomStringConvertible, Sendable {
    /// The seed.
    public var seed: UInt64
    /// Why its run failed.
    public var reason: String
    /// The end of what happened.
    public var tail: [String]
    /// What runs it again.
    public var command: String

    /// All of it, for the test's output.
    public var description: String {
      "seed \(seed): \(reason)\nRun it again with: \(command)\nThe last of what happened:\n  "
        + tail.joined(separator: "\n  ")
    }
  }

  private let test: String
  private let count: Int
  private let single: UInt64?

  /// A search of a test; `test` is its name for `swift test --filter`.
  public init(test: String, seeds: Int) {
    let environment = ProcessInfo.processInfo.environment
    self.test = test
    single = environment["SIMULATION_SEED"].flatMap(UInt64.init)
    count = environment["SIMULATION_SEEDS"].flatMap(Int.init) ?? seeds
  }

  private init(test: String, exactly seeds: Int) {
    self.test = test
    count = seeds
    single = nil
  }

  /// A search that the environment does not change: for tests that expect a finding within a bound.
  public static func bounded(test: String, seeds: Int) -> SeedSearch { SeedSearch(test: test, exactly: seeds) }

  /// Runs seed after seed until one fails, and that one again with a trace; nil where none fails.
  public func firstFailure(_ run: (UInt64, SimulationTrace) throws(SimulationFailure) -> Void) -> Finding? {
    if let single {
      let trace = SimulationTrace(isRecording: true)
      let reason = attempt(single, trace, run)
      for line in trace.lines { print(line) }
      return reason.map { finding(single, $0, trace) }
    }
    for seed in 1...UInt64(count) {
      guard let reason = attempt(seed, SimulationTrace(isRecording: false), run) else { continue }
      let trace = SimulationTrace(isRecording: true)
      let again = attempt(seed, trace, run)
      return finding(seed, again ?? "\(reason) (but not when run again: something is not deterministic)", trace)
    }
    return nil
  }

  private func attempt(
    _ seed: UInt64,
    _ trace: SimulationTrace,
    _ run: (UInt64, SimulationTrace) throws(SimulationFailure) -> Void
  ) -> String? {
    do throws(SimulationFailure) {
      try run(seed, trace)
      return nil
    } catch {
      return error.description
    }
  }

  private func finding(_ seed: UInt64, _ reason: String, _ trace: SimulationTrace) -> Finding {
    Finding(
      seed: seed,
      reason: reason,
      tail: Array(trace.lines.suffix(80)),
      command: "SIMULATION_SEED=\(seed) swift test --filter '\(test)'"
    )
  }
}
