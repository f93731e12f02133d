// SPDX-License-Identifier: Apache-2.0

import Kafka

/// Keeps a consumer's fetchers from resting behind a queue that was full (`KafkaConsumer.wakeFetchers`).
///
/// They rest for a second at the most. So they are woken for a second after a poll that left records in the queue, and a
/// consumer that keeps up asks nothing.
struct FetcherWake {
  private static let pause: Int64 = 20
  private static let longestRest: Int64 = 1_000

  /// What the consumer reads.
  var partitions: [KafkaTopicPartition] = []
  private var nextAt = Int64.min
  private var until = Int64.min

  /// Takes note of a poll, and wakes the fetchers where it is time; `now` in monotonic milliseconds.
  mutating func afterPoll(_ poll: KafkaPoll, of consumer: KafkaConsumer, now: Int64) {
    if !poll.isDrained { until = now + Self.longestRest }
    guard now < until, now >= nextAt else { return }
    nextAt = now + Self.pause
    consumer.wakeFetchers(of: partitions)
  }
}
