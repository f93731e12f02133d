// SPDX-License-Identifier: Apache-2.0

import Foundation
public import Testing

/// Runs each case on a thread of its own, and so many cases at a time.
///
/// For what blocks or computes for long: Swift's pool has a thread a core, and whoever keeps them makes every other test
/// of the run wait.
public struct ThreadsOfTheirOwn: TestTrait, SuiteTrait, TestScoping {
  /// Whether it holds for the suites and tests within.
  public let isRecursive = true
  private let gate: Gate
  private let givesWay: Bool

  init(atOnce places: Int, givesWay: Bool) {
    gate = Gate(places: places)
    self.givesWay = givesWay
  }

  /// Runs a case when there is a place for it.
  public func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await gate.enter()
    let thread = ThreadExecutor(givesWay: givesWay)
    let result: Result<Void, any Error>
    do {
      result = .success(try await withTaskExecutorPreference(thread) { try await function() })
    } catch {
      result = .failure(error)
    }
    thread.end()
    await gate.leave()
    try result.get()
  }
}

extension Trait where Self == ThreadsOfTheirOwn {
  /// A thread for each test case, and so many at a time; all of them unless told otherwise.
  public static func ownThreads(atOnce places: Int = .max) -> ThreadsOfTheirOwn {
    ThreadsOfTheirOwn(atOnce: places, givesWay: false)
  }

  /// A thread for one test case after the other, which only runs where no other one wants to.
  ///
  /// For what computes for seconds: on a machine of two cores, tests that wait for servers would else wait for those that
  /// need nothing but time, until what they wait for has given up.
  public static var computing: ThreadsOfTheirOwn { ThreadsOfTheirOwn(atOnce: 1, givesWay: true) }
}

/// A thread as the home of one task.
///
/// @unchecked Sendable: the state is touched under the condition's lock alone.
private final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var isEnded = false

  init(givesWay: Bool) {
    Thread.detachNewThread { [self] in
      // Of this thread alone: setpriority(2), "C library/kernel differences".
      if givesWay { setpriority(Int32(PRIO_PROCESS.rawValue), 0, 19) }
      while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      precondition(!isEnded, "a task has outlived its test")
      jobs.append(job)
      condition.signal()
    }
  }

  /// Ends the thread when it has nothing to do any more.
  func end() {
    condition.withLock {
      isEnded = true
      condition.signal()
    }
  }

  private func next() -> UnownedJob? {
    condition.withLock {
      while jobs.isEmpty, !isEnded { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
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
