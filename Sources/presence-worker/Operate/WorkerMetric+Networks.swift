// SPDX-License-Identifier: Apache-2.0

import Operations

/// Metrics of what asks networks or is told by them: look-ups, the bridge, agents.
extension WorkerMetric {
  // MARK: Look-ups

  static let cache = MetricFamily(
    "presence_worker_cache_requests_total",
    .counter,
    labels: ["result"],
    "Needs of asks and contact requests: `hit` where the store knew enough, `miss` where not.",
    alert: "the share of hits falls"
  )
  static let saved = MetricFamily(
    "presence_worker_lookups_saved_total",
    .counter,
    labels: ["reason"],
    "Look-ups that were not made: one was under way (`joined`), or had just failed (`failed`)."
  )
  static let published = MetricFamily(
    "presence_worker_lookups_published_total",
    .counter,
    labels: ["reason"],
    "Look-ups that the enricher asked the resolver for."
  )
  static let lookups = MetricFamily(
    "presence_worker_lookup_duration_seconds",
    .histogram,
    labels: ["agent", "result"],
    unit: .seconds,
    """
    Look-ups by agent and result, and how long each took from its record to its end. The result is `answered`, \
    `unknown`, or the code of a failure; the agent is empty where none claims the address.
    """,
    alert: "the share of `answered` falls, or the 95th percentile comes near the deadlines"
  )
  static let underWay = MetricFamily("presence_worker_lookups_under_way", .gauge, "Look-ups that wait for their end.")
  static let oldest = MetricFamily(
    "presence_worker_oldest_lookup_age_seconds",
    .gauge,
    unit: .seconds,
    "For how long the oldest look-up has waited; 0 where none does.",
    alert: "above 15: deadlines are not kept"
  )
  static let foreign = MetricFamily(
    "presence_worker_foreign_agent_lookups_total",
    .counter,
    "Look-ups that came from an enricher with another list of agents.",
    alert: "rises outside of a rollout: configurations differ"
  )
  static let resolverTurn = MetricFamily(
    "presence_worker_resolver_turn_seconds",
    .gauge,
    unit: .seconds,
    "For how long the resolver has been in its present turn; absent before it begins.",
    alert: "above 60"
  )

  // MARK: The bridge

  static let networkConnected = MetricFamily(
    "presence_worker_bridge_connected",
    .gauge,
    labels: ["agent"],
    "1 where the bridge is connected to the agent's network, else 0.",
    alert: "0 for a minute: what was said holds until its leases lapse"
  )
  static let watched = MetricFamily(
    "presence_worker_bridge_watched_addresses",
    .gauge,
    labels: ["agent"],
    "Addresses that the bridge is to watch."
  )
  static let subscribed = MetricFamily(
    "presence_worker_bridge_active_subscriptions",
    .gauge,
    labels: ["agent"],
    "Addresses that the network has agreed to tell of.",
    alert: "stays below the watched ones"
  )
  static let readings = MetricFamily(
    "presence_worker_bridge_readings_total",
    .counter,
    labels: ["agent"],
    "What the network has told, news or not."
  )
  static let losses = MetricFamily(
    "presence_worker_bridge_losses_total",
    .counter,
    labels: ["agent"],
    "Subscriptions that were lost.",
    alert: "rises"
  )
  static let refusals = MetricFamily(
    "presence_worker_bridge_refusals_total",
    .counter,
    labels: ["agent", "reason"],
    "What came from the network, or in its name, and was refused; it has changed nothing.",
    alert: "rises"
  )
  static let conflated = MetricFamily(
    "presence_worker_bridge_conflated_total",
    .counter,
    labels: ["agent"],
    "Readings that were replaced by later ones before the bridge took them.",
    alert: "rises for minutes: the bridge is too slow"
  )
  static let announced = MetricFamily(
    "presence_worker_bridge_published_total",
    .counter,
    labels: ["agent", "kind"],
    "What the bridge has published: `change`, `renewal` of a lease, `withdrawal` of what a connection before has said."
  )
  static let suppressed = MetricFamily(
    "presence_worker_bridge_suppressed_total",
    .counter,
    labels: ["agent", "reason"],
    """
    Readings that were not published: `unchanged`; `replaced` by a later one before their turn came; `ignored`, of an \
    address that is not watched any more or older than what is known.
    """
  )
  static let paced = MetricFamily(
    "presence_worker_bridge_waiting_changes",
    .gauge,
    "Changes that wait for their user's turn (`bridge.interval`) or for room.",
    alert: "grows"
  )
  static let announceDelay = MetricFamily(
    "presence_worker_bridge_delay_seconds",
    .histogram,
    unit: .seconds,
    "How long changes took from the network to the log, the time that they waited for their turn included.",
    alert: "the 99th percentile is beyond what people wait"
  )
  static let bridgeProfiles = MetricFamily(
    "presence_worker_bridge_profiles_total",
    .counter,
    labels: ["outcome"],
    "Profiles that the bridge has read: `taken`, and `refused` for what the enricher's dead letters say."
  )
  static let bridgeUnread = MetricFamily(
    "presence_worker_bridge_unread_partitions",
    .gauge,
    "Partitions that the bridge holds and has not read to their end; nobody of them is watched yet.",
    alert: "above 0 for a minute"
  )
  static let bridgeTurn = MetricFamily(
    "presence_worker_bridge_turn_seconds",
    .gauge,
    unit: .seconds,
    "For how long the bridge has been in its present turn; absent before it begins.",
    alert: "above 60"
  )

  // MARK: Agents

  static let circuit = MetricFamily(
    "presence_worker_agent_circuit",
    .gauge,
    labels: ["agent", "state"],
    "1 for the state that the agent's circuit is in, 0 for the others.",
    alert: "`state=\"open\"` is 1 for 5 minutes"
  )
  static let calls = MetricFamily(
    "presence_worker_agent_calls_total",
    .counter,
    labels: ["agent", "result"],
    "Calls of an agent to its network that ended, `answered` or `failed`; one may serve many needs.",
    alert: "the share of `failed` rises"
  )
  static let retries = MetricFamily(
    "presence_worker_agent_retries_total",
    .counter,
    labels: ["agent"],
    "Addresses that were asked for once more after a transient failure."
  )
  static let needs = MetricFamily(
    "presence_worker_agent_needs_total",
    .counter,
    labels: ["agent", "way"],
    "Needs that came to an agent, by whether they caused a call or joined one."
  )
  static let running = MetricFamily(
    "presence_worker_agent_running_calls",
    .gauge,
    labels: ["agent"],
    "Calls that run."
  )
  static let queued = MetricFamily(
    "presence_worker_agent_queued_addresses",
    .gauge,
    labels: ["agent"],
    "Addresses that wait for a call.",
    alert: "grows: the agent's limits are below the demand"
  )
}
