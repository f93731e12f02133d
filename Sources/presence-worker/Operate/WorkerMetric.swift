// SPDX-License-Identifier: Apache-2.0

import Operations

/// The worker's metrics, each declared once: what is scraped, what `docs/METRICS.md` says, and what the tests compare.
///
/// Labels are kinds, codes, numbers of lanes and partitions, and names of agents and topics: a closed list or what is
/// configured, never anything of an event.
enum WorkerMetric {
  // MARK: The process

  static let build = MetricFamily(
    "presence_worker_build_info",
    .gauge,
    labels: ["version", "librdkafka"],
    "Always 1; the labels say which version runs.",
    alert: "replicas differ for longer than a rollout takes"
  )
  static let ready = MetricFamily(
    "presence_worker_ready",
    .gauge,
    "1 where `/health/ready` says yes, else 0.",
    alert: "0 for 5 minutes"
  )
  static let live = MetricFamily("presence_worker_live", .gauge, "1 where `/health/live` says yes, else 0.", alert: "0")

  // MARK: Inputs

  static let lag = MetricFamily(
    "presence_worker_lag_records",
    .gauge,
    labels: ["topic", "partition"],
    """
    Records between the worker's position and the high watermark. 0 in an idle topic, whether its producers use \
    transactions or not; what an open transaction has written counts until it ends. Absent while state is restored.
    """,
    alert: "grows for 5 minutes"
  )
  static let position = MetricFamily(
    "presence_worker_position",
    .gauge,
    labels: ["topic", "partition"],
    "The offset that is read next; for look-ups the lowest unfinished one.",
    alert: "stands still for 2 minutes while the partition's lag is not 0: the partition is stuck"
  )
  static let events = MetricFamily(
    "presence_worker_events_total",
    .counter,
    labels: ["kind", "outcome"],
    "Inputs of the enricher by what they are and what became of them, each once, in committed transactions.",
    alert: "`outcome=\"deadLetter\"` rises"
  )
  static let deadLetters = MetricFamily(
    "presence_worker_dead_letters_total",
    .counter,
    labels: ["role", "code"],
    "Records that could not be processed, by what is wrong with them.",
    alert: "rises; `wrongPartition` is a producer's partitioner"
  )

  // MARK: Lanes

  static let lanePhase = MetricFamily(
    "presence_worker_lane_phase",
    .gauge,
    labels: ["lane", "phase"],
    "1 for the phase that the lane is in, 0 for the others.",
    alert: "not `running` for longer than a restore takes"
  )
  static let laneTurn = MetricFamily(
    "presence_worker_lane_turn_seconds",
    .gauge,
    labels: ["lane"],
    unit: .seconds,
    "For how long the lane has been in its present turn; absent before it begins.",
    alert: "above 60: it hangs in a call; at `health.stallLimit` the worker is not alive"
  )
  static let lanePartitions = MetricFamily(
    "presence_worker_lane_partitions",
    .gauge,
    labels: ["lane"],
    "Partitions that the lane holds.",
    alert: "the sum over all replicas is not the partition count"
  )
  static let contact = MetricFamily(
    "presence_worker_lane_contact_age_seconds",
    .gauge,
    labels: ["lane"],
    unit: .seconds,
    "Since when the brokers have not answered the lane; absent while it asks for nothing.",
    alert: "above 10"
  )
  static let restored = MetricFamily(
    "presence_worker_restore_read_records",
    .gauge,
    labels: ["lane"],
    "State records that the running restore has read; absent where none runs."
  )
  static let restoreTotal = MetricFamily(
    "presence_worker_restore_expected_records",
    .gauge,
    labels: ["lane"],
    "About how many state records the running restore will read; compaction makes it fewer."
  )
  static let restores = MetricFamily(
    "presence_worker_restore_duration_seconds",
    .histogram,
    unit: .seconds,
    "How long restores took: a part of every fail-over.",
    alert: "the 99th percentile is beyond the fail-over budget"
  )
  static let restoredRecords = MetricFamily(
    "presence_worker_restored_records_total",
    .counter,
    "State records that were restored."
  )
  static let unreadableState = MetricFamily(
    "presence_worker_unreadable_state_records_total",
    .counter,
    "State records that could not be restored and were left out.",
    alert: "above 0"
  )
  static let users = MetricFamily(
    "presence_worker_users",
    .gauge,
    labels: ["lane"],
    "Users in the lane's stores."
  )
  static let store = MetricFamily(
    "presence_worker_store_bytes",
    .gauge,
    labels: ["lane"],
    unit: .bytes,
    "Memory of the lane's stores of users.",
    alert: "the sum comes near the container's limit"
  )
  static let timers = MetricFamily(
    "presence_worker_timers",
    .gauge,
    labels: ["lane"],
    "Users with a lease that runs, or who are kept refreshed because somebody asked for them."
  )
  static let remembered = MetricFamily(
    "presence_worker_remembered_requests",
    .gauge,
    labels: ["lane"],
    "Decided requests that the filter of duplicates remembers."
  )
  static let parked = MetricFamily(
    "presence_worker_parked_partitions",
    .gauge,
    labels: ["lane"],
    "Partitions that went away and whose stores are kept for their return."
  )
  static let spaces = MetricFamily(
    "presence_worker_spaces_version",
    .gauge,
    "The version of the table of spaces; absent until it was read.",
    alert: "replicas differ for minutes"
  )

  // MARK: Transactions

  static let commits = MetricFamily(
    "presence_worker_transaction_commits_total",
    .counter,
    labels: ["lane"],
    "Transactions committed."
  )
  static let aborts = MetricFamily(
    "presence_worker_transaction_aborts_total",
    .counter,
    labels: ["lane"],
    "Transactions taken back, and clients given up with what they had begun.",
    alert: "rises without a rebalance or an outage"
  )
  static let transactions = MetricFamily(
    "presence_worker_transaction_duration_seconds",
    .histogram,
    unit: .seconds,
    "How long transactions took, from their first input to the end of their commit.",
    alert: "the 99th percentile is above 1: brokers are slow"
  )
  static let commitCalls = MetricFamily(
    "presence_worker_commit_duration_seconds",
    .histogram,
    unit: .seconds,
    "How long the brokers took to commit."
  )
  static let fencings = MetricFamily(
    "presence_worker_fencings_total",
    .counter,
    labels: ["lane"],
    "Times that another producer of the same id fenced the lane.",
    alert: "3 within a minute: two workers share a name"
  )
  static let reconnects = MetricFamily(
    "presence_worker_reconnects_total",
    .counter,
    labels: ["owner"],
    "Times that a lane or the resolver had to make new clients.",
    alert: "rises without an outage"
  )

  // MARK: What comes out

  static let snapshots = MetricFamily(
    "presence_worker_snapshots_total",
    .counter,
    labels: ["quality"],
    "Snapshots published.",
    alert: "the share of `stale` rises: look-ups fail"
  )
  static let age = MetricFamily(
    "presence_worker_presence_age_seconds",
    .histogram,
    unit: .seconds,
    "How old a newly observed state was when it was published: what people see is older by a commit.",
    alert: "the 99th percentile is beyond what was promised"
  )
  static let immaterial = MetricFamily(
    "presence_worker_changes_immaterial_total",
    .counter,
    "Accepted changes that were not published, as a reader would see no difference."
  )
  static let coalesced = MetricFamily(
    "presence_worker_changes_coalesced_total",
    .counter,
    "Accepted changes that were not published, as a later one of the same transaction replaced them."
  )
  static let deletions = MetricFamily("presence_worker_deletions_total", .counter, "Users deleted.")
  static let lapsed = MetricFamily(
    "presence_worker_leases_lapsed_total",
    .counter,
    "Leases that ran out.",
    alert: "many at once: a gateway is silent"
  )
  static let outcomes = MetricFamily(
    "presence_worker_contact_outcomes_total",
    .counter,
    labels: ["outcome", "reason"],
    "Contact requests that ended, by how and why; the reason is empty for what was dispatched or expired.",
    alert: "the share of `expired` rises"
  )
  static let dispatches = MetricFamily(
    "presence_worker_dispatches_total",
    .counter,
    labels: ["channel", "reason"],
    "Mails and chats dispatched; mails with why they are mails.",
    alert: "`reason=\"presenceUnknown\"` rises: look-ups fail or are late"
  )

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

  // MARK: librdkafka

  static let waiting = MetricFamily(
    "presence_worker_kafka_waiting_operations",
    .gauge,
    labels: ["owner", "client"],
    "Events of the client that wait for a poll."
  )
  static let prefetched = MetricFamily(
    "presence_worker_kafka_prefetched_records",
    .gauge,
    labels: ["owner", "client"],
    "Records that were fetched and not read yet."
  )
  static let queuedRecords = MetricFamily(
    "presence_worker_kafka_queued_records",
    .gauge,
    labels: ["owner", "client"],
    "Records in the producer's queues.",
    alert: "stays high: brokers are slow or away"
  )
  static let queuedBytes = MetricFamily(
    "presence_worker_kafka_queued_bytes",
    .gauge,
    labels: ["owner", "client"],
    unit: .bytes,
    "Bytes in the producer's queues."
  )
  static let records = MetricFamily(
    "presence_worker_kafka_records_total",
    .counter,
    labels: ["owner", "client", "direction"],
    "Records that the client has `read` and `written`, since it was made."
  )
  static let bytes = MetricFamily(
    "presence_worker_kafka_bytes_total",
    .counter,
    labels: ["owner", "client", "direction"],
    unit: .bytes,
    "Bytes of records that the client has `read` and `written`, since it was made."
  )
  static let brokerUp = MetricFamily(
    "presence_worker_kafka_broker_up",
    .gauge,
    labels: ["owner", "client", "broker"],
    "1 where the client is connected to the broker, else 0.",
    alert: "0 for a minute"
  )
  static let roundTrip = MetricFamily(
    "presence_worker_kafka_broker_round_trip_seconds",
    .gauge,
    labels: ["owner", "client", "broker"],
    unit: .seconds,
    "The mean time that the broker took to answer, of librdkafka's last interval."
  )
  static let unanswered = MetricFamily(
    "presence_worker_kafka_broker_unanswered_requests",
    .gauge,
    labels: ["owner", "client", "broker"],
    "Requests that wait for the broker's answer."
  )
  static let brokerEvents = MetricFamily(
    "presence_worker_kafka_broker_events_total",
    .counter,
    labels: ["owner", "client", "broker", "event"],
    """
    What happened on the connection since the client was made: `connect`, `disconnect`, `retry`, `timeout`, \
    `sendError`, `receiveError`.
    """,
    alert: "`timeout` or `disconnect` rises"
  )
  static let rebalances = MetricFamily(
    "presence_worker_kafka_rebalances",
    .gauge,
    labels: ["owner"],
    "Rebalances that the client has seen since it was made.",
    alert: "rises every few minutes"
  )

  /// All of them, in the order of the reference; those of the process by the names of Prometheus' own libraries stand
  /// last.
  static let all: [MetricFamily] =
    [
      build, ready, live, lag, position, events, deadLetters, lanePhase, laneTurn, lanePartitions, contact, restored,
      restoreTotal, restores, restoredRecords, unreadableState, users, store, timers, remembered, parked, spaces,
      commits, aborts, transactions, commitCalls, fencings, reconnects, snapshots, age, immaterial, coalesced,
      deletions, lapsed, outcomes, dispatches, cache, saved, published, lookups, underWay, oldest, foreign,
      resolverTurn, networkConnected, watched, subscribed, readings, losses, refusals, conflated, announced, suppressed,
      paced, announceDelay, bridgeProfiles, bridgeUnread, bridgeTurn, circuit, calls, retries, needs, running, queued,
      waiting, prefetched, queuedRecords, queuedBytes,
      records, bytes, brokerUp, roundTrip, unanswered, brokerEvents, rebalances,
    ] + ProcessMetrics.families
}
