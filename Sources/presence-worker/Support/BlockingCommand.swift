// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// A command that blocks: librdkafka's calls wait, and must not do that on Swift's cooperative pool.
protocol BlockingCommand: AsyncParsableCommand {
  /// Does what the command is for, on a thread of its own.
  func perform() throws
}

extension BlockingCommand {
  /// Runs the command on a thread of its own, and waits for it without blocking one of the pool's.
  func run() async throws {
    // Safe: the command is a value that nobody changes any more, and only the new thread looks at it.
    nonisolated(unsafe) let command = self
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let thread = Thread {
        continuation.resume(with: Result { try command.perform() })
      }
      thread.name = "command"
      thread.start()
    }
  }
}
