// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import Testing

/// Runs each case on a thread of its own, and so many cases at a time.
///
/// For what blocks or computes for long: Swift's pool has a thread a core, and whoever keeps them makes every other test
/// of the run wait.
public struct ThreadsOfTheirOwn: TestTrait, SuiteTrait, TestScoping {
  /// Whether it holds for the suites and tests within.
  public let isRecursive = true
  private let gate: Gate

  init(atOnce places: Int) { gate = Gate(places: places) }

  /// Runs a case when there is a place for it.
  public func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await gate.enter()
    do {
      try await withTaskExecutorPreference(ThreadExecutor()) { try await function() }
    } catch {
      await gate.leave()
      throw error
    }
    await gate.leave()
  }
}

extension Trait where Self == ThreadsOfTheirOwn {
  /// A thread for each test case, and so many at a time.
  public static func ownThreads(atOnce places: Int) -> ThreadsOfTheirOwn { ThreadsOfTheirOwn(atOnce: places) }
}

/// A serial queue as the home of one task.
private final class ThreadExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "test")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Lets a number of tasks in at a time.
private actor Gate {
  private var places: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(places: Int) { self.places = places }

  func enter() async {
    if places > 0 {
      places -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func leave() {
    if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
  }
}
