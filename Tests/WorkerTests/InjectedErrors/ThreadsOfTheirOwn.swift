// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Testing

/// Runs each case on a thread of its own, and so many cases at a time: they block, and are mostly waiting.
struct ThreadsOfTheirOwn: TestTrait, SuiteTrait, TestScoping {
  let isRecursive = true
  private let gate: Gate

  init(atOnce places: Int) { gate = Gate(places: places) }

  func provideScope(
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
  static func ownThreads(atOnce places: Int) -> ThreadsOfTheirOwn { ThreadsOfTheirOwn(atOnce: places) }
}

/// A serial queue as the home of one task.
private final class ThreadExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "worker-test")

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
