// SPDX-License-Identifier: Apache-2.0

public import AgentKit

/// What a bridge says of itself, for health, metrics and people; names nobody.
public struct BridgeStatus: Sendable {
  /// One network that tells by itself.
  public struct Network: Sendable {
    /// The agent whose network it is.
    public var name: String
    /// How its subscriber stands.
    public var live = LiveStatus()
    /// Readings that were replaced by later ones before the bridge took them.
    public var conflated: UInt64 = 0
    /// What was published: changes, renewals of leases, and withdrawals of what the source before said.
    public var published: [String: Int] = [:]
    /// Readings that were not published, by the reason: `unchanged`, `replaced`, `ignored`.
    public var suppressed: [String: Int] = [:]

    init(name: String) { self.name = name }
  }

  /// Whether it is a member of its group with an assignment.
  public var isReady = false
  /// Whether it has come to its end.
  public var isStopped = false
  /// When it was ready for the last time (monotonic milliseconds); nil where it never was.
  public var lastReadyAt: Int64?
  /// The partitions that it holds.
  public var partitions: [Int32] = []
  /// How many of them have not been read to their end yet.
  public var unreadPartitions = 0
  /// Profiles that were read.
  public var profiles = 0
  /// Profiles that could not be read, or stand in a wrong partition, and have changed nothing.
  public var unreadableProfiles = 0
  /// The networks in the order of their agents.
  public var networks: [Network] = []
  /// Readings that wait for their user's turn.
  public var waiting = 0
  /// Publications on their way.
  public var inFlight = 0
  /// How long changes took from the network to the log, the time that they had to wait for their turn included.
  public var delays = DurationHistogram.latencies
  /// Times that it had to make new clients.
  public var reconnects = 0
  /// Times that it went over to other subscribers.
  public var reloads = 0
  /// What keeps it from being ready, for people.
  public var fault: String?

  /// A bridge that has not begun.
  public init() {}

  /// How many addresses are to be watched.
  public var watched: Int { networks.reduce(0) { $0 + $1.live.watched } }
  /// How many of them the networks have agreed to tell of.
  public var active: Int { networks.reduce(0) { $0 + $1.live.active } }

  /// Takes over what subscribers and rules say.
  mutating func refresh(_ subscribers: [any PresenceSubscriber], _ machine: BridgeMachine) {
    networks = subscribers.map { subscriber in
      var network = Network(name: subscriber.descriptor.name)
      network.live = subscriber.status
      network.conflated = subscriber.events.conflated
      for kind in BridgePublication.Kind.allCases {
        network.published[kind.rawValue] = machine.counters.published[kind]?[network.name] ?? 0
      }
      network.suppressed = [
        "unchanged": machine.counters.unchanged[network.name] ?? 0,
        "replaced": machine.counters.replaced[network.name] ?? 0,
        "ignored": machine.counters.ignored[network.name] ?? 0,
      ]
      return network
    }
    waiting = machine.waiting
    partitions = machine.partitions.filter(\.value.isHeld).keys.sorted()
    unreadPartitions = machine.partitions.values.count { $0.isHeld && !$0.isRead }
  }
}
