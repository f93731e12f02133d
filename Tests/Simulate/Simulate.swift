// SPDX-License-Identifier: Apache-2.0

import Foundation
import LaneSimulation
import LogSimulation
import Synchronization

/// The worker's lanes on the simulated log for as many schedules as one has time for:
///
///     simulate [--seeds COUNT] [--first SEED] [--jobs COUNT] [--no-shrinking]
///
/// Progress goes to standard error, what was covered to standard output. Exit status 1 with the first failure, made
/// small enough to be read, or where something that should happen never did.
@main
enum Simulate {
  private struct Progress {
    var runs = 0
    var coverage = SimulationCoverage()
    var finding: SeedSearch.Finding?
  }

  /// How many seeds a job takes at a time.
  private static let batch: UInt64 = 500

  static func main() {
    let seeds = UInt64(option("--seeds", default: 100_000))
    let first = UInt64(option("--first", default: 1))
    let jobs = option("--jobs", default: ProcessInfo.processInfo.activeProcessorCount)
    let started = ContinuousClock.now
    let progress = Mutex(Progress())
    let next = Atomic(first)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while progress.withLock({ $0.finding == nil }) {
        let start = next.add(batch, ordering: .relaxed).oldValue
        guard start < first + seeds else { return }
        let (finding, coverage) = run(start...min(start + batch, first + seeds) - 1)
        let runs = progress.withLock { progress in
          progress.runs += Int(min(batch, first + seeds - start))
          progress.coverage.add(coverage)
          if progress.finding == nil { progress.finding = finding }
          return progress.runs
        }
        if runs / 10_000 != (runs - Int(batch)) / 10_000 { say("\(runs) schedules, \(ContinuousClock.now - started)") }
      }
    }
    let end = progress.withLock { $0 }
    print("\(end.runs) schedules from seed \(first) in \(ContinuousClock.now - started)")
    print(end.coverage.table(runs: end.runs))
    if let finding = end.finding {
      print("FAILED: \(finding)")
      exit(1)
    }
    // What never happens proves nothing; of a few schedules nobody expects everything.
    if end.runs >= 3_000, !end.coverage.missing.isEmpty {
      print("FAILED: it never came to: \(end.coverage.missing.joined(separator: ", "))")
      exit(1)
    }
    print("no difference to the reference model")
  }

  private static func run(_ seeds: ClosedRange<UInt64>) -> (SeedSearch.Finding?, SimulationCoverage) {
    var coverage = SimulationCoverage()
    let finding = SeedSearch.range(seeds, test: "LaneTests").firstFailure(
      { LaneModelRun.plan(seed: $0) },
      shrinks: !CommandLine.arguments.contains("--no-shrinking")
    ) { plan, trace throws(SimulationFailure) in
      var run = try LaneModelRun(plan, trace: trace)
      try run.run()
      coverage.add(run.coverage)
    }
    return (finding, coverage)
  }

  private static func option(_ name: String, default value: Int) -> Int {
    let arguments = CommandLine.arguments
    guard let index = arguments.lastIndex(of: name) else { return value }
    guard index + 1 < arguments.count, let number = Int(arguments[index + 1]), number > 0 else {
      say("\(name) wants a positive number")
      exit(64)
    }
    return number
  }

  private static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
