// SPDX-License-Identifier: Apache-2.0

public import Logging
import PresenceModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension PresenceChain where C == ContinuousClock {
  /// A chain of agents in this order, on the system's clocks.
  public convenience init(
    _ agents: [any PresenceAgent],
    enterprise: (any PresenceAgent)? = nil,
    logger: Logger = Logger(label: "presence.chain")
  ) throws(AgentDirectory.Problem) {
    try self.init(
      agents,
      enterprise: enterprise,
      clock: ContinuousClock(),
      wallClock: { systemWallClock() },
      logger: logger
    )
  }
}

/// The system's idea of now.
private func systemWallClock() -> Timestamp {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
}
