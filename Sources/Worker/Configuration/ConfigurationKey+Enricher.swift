// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
  static let enricherKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "enricher.lanes",
      \.enricher.lanes,
      .integer(1...64),
      "Threads, each with a consumer and a producer of its own. Replicas times lanes beyond the partition count idle."
    ),
    ConfigurationKey(
      "enricher.delivery",
      \.enricher.delivery,
      .choice,
      "`exactly-once` by transactions; `at-least-once` for brokers that have none."
    ),
    ConfigurationKey(
      "enricher.coalesce",
      \.enricher.coalesce,
      .flag,
      isLive: true,
      "Whether several changes of a user within one transaction are published as their last one."
    ),
    ConfigurationKey(
      "enricher.commitInterval",
      \.enricher.commitInterval,
      .duration(.milliseconds(5)...(.seconds(5))),
      isLive: true,
      "How long a transaction takes input before it is committed: the greater part of the time from input to output."
    ),
    ConfigurationKey(
      "enricher.maximumTransactionRecords",
      \.enricher.maximumTransactionRecords,
      .integer(1...1_000_000),
      isLive: true,
      "How many inputs a transaction takes before it is committed ahead of its time."
    ),
    ConfigurationKey(
      "enricher.transactionTimeout",
      \.enricher.transactionTimeout,
      .duration(.seconds(1)...(.seconds(900))),
      "After what time the broker aborts the transaction of a worker that has stopped; below `enricher.sessionTimeout`."
    ),
    ConfigurationKey(
      "enricher.sessionTimeout",
      \.enricher.sessionTimeout,
      .duration(.seconds(2)...(.seconds(1_800))),
      "After what silence the group gives a member's partitions to others; below `enricher.maxPollInterval`."
    ),
    ConfigurationKey(
      "enricher.maxPollInterval",
      \.enricher.maxPollInterval,
      .duration(.seconds(3)...(.seconds(3_600))),
      "How long a lane may be busy between two polls before it leaves the group."
    ),
    ConfigurationKey(
      "enricher.drainBudget",
      \.enricher.drainBudget,
      .duration(.zero...(.seconds(300))),
      "How long a lane may take to finish its transaction when partitions are revoked or the worker is stopped."
    ),
  ]
}
