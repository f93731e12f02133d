// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Worker

/// Looks at the topics before the worker starts: on topics that break a guarantee it does not start at all.
///
/// A broker that does not answer is no reason to refuse: it may come, and the lanes look at the partition counts again
/// whenever they get partitions.
enum TopicsGate {
  static func check(_ configuration: WorkerConfiguration, _ logger: Logger) async throws {
    let problems: [TopologyProblem]
    do {
      problems = try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
          continuation.resume(
            with: Result {
              TopologyCheck(configuration).problems(
                found: try Broker(configuration, timeout: .seconds(5)).topics()
              )
            }
          )
        }
        thread.name = "topics"
        thread.start()
      }
    } catch let failure as CommandFailure {
      logger.warning("The topics could not be checked", metadata: ["error": "\(failure.message)"])
      return
    }
    for problem in problems where problem.weight == .advice {
      logger.notice(
        "A topic could serve better",
        metadata: ["topic": "\(problem.topic)", "finding": "\(problem.finding)"]
      )
    }
    let errors = problems.filter { $0.weight == .error }
    guard errors.isEmpty else {
      let lines = errors.map { "  \($0.topic.isEmpty ? "topics" : $0.topic): \($0.finding); \($0.remedy)" }
      throw CommandFailure(
        .configuration,
        "the topics do not keep the worker's guarantees:\n" + lines.joined(separator: "\n"),
        advice: "`presence-worker topics create` makes those that are missing, `topics check` says all of it."
      )
    }
  }
}
