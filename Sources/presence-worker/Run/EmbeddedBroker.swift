// SPDX-License-Identifier: Apache-2.0

import Kafka
import Worker

/// librdkafka's in-process broker with the worker's topics, for demonstrations and for trying things.
///
/// It keeps nothing on disk, drops the oldest beyond a few megabytes a partition, and has no transactions that mean
/// anything: the worker runs at-least-once on it.
struct EmbeddedBroker {
  let cluster: KafkaMockCluster

  /// Starts the broker on a free port of the loopback interface and makes the topics.
  init(_ configuration: WorkerConfiguration, partitions: Int) throws {
    do throws(KafkaError) {
      cluster = try KafkaMockCluster()
      for topic in LogTopic.allCases {
        try cluster.createTopic(
          configuration.topics.prefix + topic.name,
          partitions: topic == .portalSpaces ? 1 : partitions
        )
      }
    } catch {
      throw CommandFailure(.unavailable, "the in-process broker does not start: \(error.debugDescription)")
    }
  }

  /// The configuration, changed to what this broker can do.
  func adapting(_ configuration: WorkerConfiguration) -> WorkerConfiguration {
    var adapted = configuration
    adapted.kafka.bootstrapServers = cluster.bootstrapServers.split(separator: ",").map(String.init)
    adapted.enricher.delivery = .atLeastOnce
    adapted.instance.name = nil  // it knows no static membership
    adapted.instance.usesHostName = false
    // It answers an empty fetch only after the whole wait, and a rebalance only after the session's time-out.
    adapted.kafka.consumer.set("fetch.wait.max.ms", to: "10")
    adapted.enricher.sessionTimeout = .seconds(6)
    return adapted
  }
}
