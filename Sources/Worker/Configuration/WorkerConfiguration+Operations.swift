// SPDX-License-Identifier: Apache-2.0

extension WorkerConfiguration {
  /// Where operators and Prometheus ask.
  public struct HTTP: Sendable, Equatable {
    /// Whether anything listens.
    public var enabled = true
    /// The address to listen at.
    public var address = "127.0.0.1"
    /// The port; nil is 9464, or any free one where that is taken.
    public var port: Int?
    /// What has to be sent as `Authorization: Bearer …`; nil asks for nothing.
    public var token: Secret?
    /// A file that holds the token.
    public var tokenFile: String?

    /// The defaults.
    public init() {}
  }

  /// Where a wait becomes a finding about the worker's health.
  public struct Health: Sendable, Equatable {
    /// For how long a thread may be in one turn before the worker is not alive.
    public var stallLimit = Duration.seconds(120)
    /// For how long a lane may be between assignments, or without an answer of the brokers, before it is not ready.
    public var unreadyAfter = Duration.seconds(10)

    /// The defaults.
    public init() {}

    /// The limits as health is judged by them.
    public var limits: WorkerHealth.Limits {
      var limits = WorkerHealth.Limits()
      limits.stall = stallLimit
      limits.unreadyAfter = unreadyAfter
      return limits
    }
  }
}
