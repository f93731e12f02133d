// SPDX-License-Identifier: Apache-2.0

/// How hard the chain may press one agent, and when it leaves the agent alone.
public struct AgentLimits: Hashable, Sendable {
  /// How long a call may take.
  public var timeout: Duration
  /// How many calls may run at once. A call that ignores its cancellation counts until it ends.
  public var maximumCalls: Int
  /// How many calls may start in a second, on average; nil for no limit. Bursts of up to a second's worth pass.
  public var callsPerSecond: Double?
  /// How often an address is asked for before its needs fail, the first time included; only after transient failures.
  public var attempts: Int
  /// The pause before the second attempt; it doubles with each one, and each is drawn from its upper half.
  public var backoff: Duration
  /// The longest pause between attempts.
  public var maximumBackoff: Duration
  /// How long a failure is remembered: needs of the address get it without a call.
  public var failureMemory: Duration
  /// How many failed addresses are remembered; the oldest are forgotten first.
  public var failureMemoryCapacity: Int
  /// How many bytes the remembered failures may take; the oldest are forgotten first.
  public var failureMemoryBytes: Int
  /// How many needs may wait for the agent; more fail with `AgentError.Code.overloaded`.
  public var maximumWaiting: Int
  /// How many bytes the addresses may take that wait for the agent or are being asked for; more fail likewise.
  public var maximumWaitingBytes: Int
  /// How many failures in a row open the circuit.
  public var circuitFailures: Int
  /// How long the circuit stays open; it doubles whenever the trial call fails.
  public var circuitPause: Duration
  /// The longest time that the circuit stays open.
  public var maximumCircuitPause: Duration

  /// The defaults.
  public init(
    timeout: Duration = .seconds(10),
    maximumCalls: Int = 64,
    callsPerSecond: Double? = nil,
    attempts: Int = 2,
    backoff: Duration = .milliseconds(200),
    maximumBackoff: Duration = .seconds(5),
    failureMemory: Duration = .seconds(5),
    failureMemoryCapacity: Int = 10_000,
    failureMemoryBytes: Int = 4 << 20,
    maximumWaiting: Int = 100_000,
    maximumWaitingBytes: Int = 16 << 20,
    circuitFailures: Int = 5,
    circuitPause: Duration = .seconds(5),
    maximumCircuitPause: Duration = .seconds(60)
  ) {
    self.timeout = timeout
    self.maximumCalls = maximumCalls
    self.callsPerSecond = callsPerSecond
    self.attempts = attempts
    self.backoff = backoff
    self.maximumBackoff = maximumBackoff
    self.failureMemory = failureMemory
    self.failureMemoryCapacity = failureMemoryCapacity
    self.failureMemoryBytes = failureMemoryBytes
    self.maximumWaiting = maximumWaiting
    self.maximumWaitingBytes = maximumWaitingBytes
    self.circuitFailures = circuitFailures
    self.circuitPause = circuitPause
    self.maximumCircuitPause = maximumCircuitPause
  }
}
