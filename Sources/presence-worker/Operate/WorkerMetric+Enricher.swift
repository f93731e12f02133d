// SPDX-License-Identifier: Apache-2.0

import Operations

/// Metrics of lanes: their state, their transactions, and what comes out of them.
extension WorkerMetric {
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
}
