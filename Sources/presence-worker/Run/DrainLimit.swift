// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Logging
import ServiceLifecycle
import Worker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ends the process where draining takes longer than its budgets: a call of librdkafka can hang beyond its time-out
/// while a group's coordinator is away, and a supervisor's SIGKILL says nothing about it.
///
/// The last of the services, so that it is the first to be told of a signal.
struct DrainLimit: Service {
  /// What closing the clients may take on top of the budgets.
  private static let allowance = Duration.seconds(5)

  private let limit: Duration
  private let logger: Logger

  init(_ configuration: WorkerConfiguration, logger: Logger) {
    var limit = Self.allowance
    if configuration.roles.contains(.resolve) { limit += configuration.resolver.drainBudget }
    if configuration.roles.contains(.bridge) { limit += configuration.bridge.drainBudget }
    if configuration.roles.contains(.enrich) { limit += configuration.enricher.drainBudget }
    self.limit = limit
    self.logger = logger
  }

  /// Waits for the signal, and begins to count.
  func run() async throws {
    try await gracefulShutdown()
    let milliseconds = Int(limit / .milliseconds(1))
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [logger] in
      logger.error(
        "Not drained in time; what was not committed is done again by whoever takes over",
        metadata: ["milliseconds": "\(milliseconds)"]
      )
      _exit(CommandFailure.Status.temporary.rawValue)
    }
  }
}

extension DrainLimit: CustomStringConvertible {
  /// What a service group logs of the service: not what it holds, which may be secret.
  var description: String { "DrainLimit" }
}
