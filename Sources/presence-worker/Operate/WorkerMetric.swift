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
