// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Testing

/// Runs a test on a thread of its own: Kafka's calls block, and the cooperative pool is no place for that.
struct OwnThread: TestTrait, SuiteTrait, TestScoping {
  let isRecursive = true

  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    try await withTaskExecutorPreference(ThreadExecutor()) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  /// A thread for each test case.
  static var ownThread: OwnThread { OwnThread() }
}

/// A serial queue as the home of one task.
private final class ThreadExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "kafka-test")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
