// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import LaneSimulation
import LogSimulation
import Synchronization

/// The worker's lanes on the simulated log for as many schedules as one has time for.
@main
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Runs the worker's lanes on a simulated Kafka, and compares what they publish with a model.",
    discussion: """
      Progress goes to standard error, what was covered to standard output. Exit status 1 with the first failure, made \
      small enough to be read, or where something that should happen never did. docs/SIMULATION.md has the rest.
      """
  )

  @Option(help: "How many schedules.")
  var seeds: UInt64 = 100_000

  @Option(help: "The seed of the first.")
  var first: UInt64 = 1

  @Option(help: "How many at a time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(inversion: .prefixedNo, help: "Make a failing schedule small.")
  var shrinking = true

  private struct Progress {
    var runs = 0
    var coverage = SimulationCoverage()
    var finding: SeedSearch.Finding?
  }

  /// How many seeds a job takes at a time.
  private static let batch: UInt64 = 500

  func validate() throws {
    guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs want a positive number") }
    guard seeds < 1 << 62, first < 1 << 62 else { throw ValidationError("--seeds and --first are below 2^62") }
  }

  func run() throws {
    let started = ContinuousClock.now
    let progress = Mutex(Progress())
    let next = Atomic(first)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while progress.withLock({ $0.finding == nil }) {
        let start = next.add(Self.batch, ordering: .relaxed).oldValue
        guard start < first + seeds else { return }
        let (finding, coverage) = search(start...min(start + Self.batch, first + seeds) - 1)
        let runs = progress.withLock { progress in
          progress.runs += Int(min(Self.batch, first + seeds - start))
          progress.coverage.add(coverage)
          if progress.finding == nil { progress.finding = finding }
          return progress.runs
        }
        if runs / 10_000 != (runs - Int(Self.batch)) / 10_000 {
          say("\(runs) schedules, \(ContinuousClock.now - started)")
        }
      }
    }
    let end = progress.withLock { $0 }
    print("\(end.runs) schedules from seed \(first) in \(ContinuousClock.now - started)")
    print(end.coverage.table(runs: end.runs))
    if let finding = end.finding {
      print("FAILED: \(finding)")
      throw ExitCode.failure
    }
    // What never happens proves nothing; of a few schedules nobody expects everything.
    if end.runs >= 3_000, !end.coverage.missing.isEmpty {
      print("FAILED: it never came to: \(end.coverage.missing.joined(separator: ", "))")
      throw ExitCode.failure
    }
    print("no difference to the reference model")
  }

  private func search(_ seeds: ClosedRange<UInt64>) -> (SeedSearch.Finding?, SimulationCoverage) {
    var coverage = SimulationCoverage()
    let finding = SeedSearch.range(seeds, test: "LaneTests").firstFailure(
      { LaneModelRun.plan(seed: $0) },
      shrinks: shrinking
    ) { plan, trace throws(SimulationFailure) in
      var run = try LaneModelRun(plan, trace: trace)
      try run.run()
      coverage.add(run.coverage)
    }
    return (finding, coverage)
  }

  private func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
