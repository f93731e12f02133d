// SPDX-License-Identifier: Apache-2.0

/// Everything that a worker can be told, with the defaults that it starts from.
///
/// A plain value: nothing here reads a file, an environment or a command line. `ConfigurationLoader` does that, by the
/// list of keys in `ConfigurationKey.all`, which also generates `docs/CONFIGURATION.md`. Tests and embedders set the
/// properties directly and ask `problems()` whether they fit together.
public struct WorkerConfiguration: Sendable, Equatable {
  /// Who this process is among its replicas.
  public var instance = Instance()
  /// What this process does.
  public var roles: Set<WorkerRole> = [.enrich, .resolve]
  /// How the topics are named and created.
  public var topics = Topics()
  /// How Kafka is reached.
  public var kafka = Kafka()
  /// How the enricher runs.
  public var enricher = Enricher()
  /// What counts as presence, and for how long.
  public var presence = Presence()
  /// How contact requests are decided.
  public var contact = Contact()
  /// How the resolver runs.
  public var resolver = Resolver()
  /// How the bridge runs.
  public var bridge = Bridge()
  /// The presence network agents in the order in which they are asked whether they claim an address.
  public var agents: ConfigurationNode = .empty
  /// The enterprise connections, of which one is active.
  public var enterprise: ConfigurationNode = .empty
  /// Where operators and Prometheus ask.
  public var http = HTTP()
  /// Where a wait becomes a finding about the worker's health.
  public var health = Health()
  /// What is logged, and how.
  public var log = Log()

  /// The defaults.
  public init() {}
}

/// What a process of the worker does; each role has a consumer group of its own and is scaled by its own lag.
public enum WorkerRole: String, CaseIterable, Sendable {
  /// Holds the state of presence and decides; no network but Kafka.
  case enrich
  /// Asks presence networks; no state that matters.
  case resolve
  /// Holds standing subscriptions at presence networks, and publishes what they tell; no state that matters.
  case bridge
}

/// How the enricher's outputs and offsets reach Kafka.
public enum DeliveryMode: String, CaseIterable, Sendable {
  /// One transaction holds the outputs and the offsets of the inputs that caused them.
  case exactlyOnce = "exactly-once"
  /// Outputs first, then plain commits: what ran in between runs again after a crash.
  case atLeastOnce = "at-least-once"
}

/// A service of the portal that acts on a user's presence tag.
public enum PortalService: String, CaseIterable, Sendable {
  /// View the profile.
  case profile
  /// Send mail.
  case mail
  /// Send an instant message.
  case im
}

/// In which form log records are written.
public enum LogFormat: String, CaseIterable, Sendable {
  /// Lines for people, coloured on a terminal.
  case human
  /// One JSON object a line.
  case json
  /// `human` where standard error is a terminal, else `json`.
  case auto
}
