// SPDX-License-Identifier: Apache-2.0

import Operations

/// Metrics of the clients of librdkafka.
extension WorkerMetric {
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
}
