// SPDX-License-Identifier: Apache-2.0

import Kafka
import Testing

/// The in-process broker that the tests share, and clients for it.
enum Fixture {
  static let cluster = Result { try KafkaMockCluster(brokers: 1) }

  /// Longer than anything takes; only a hang gets there.
  static let patience: Duration = .seconds(240)

  static func configuration(_ extra: [String: String] = [:]) throws -> KafkaConfiguration {
    configuration(of: try cluster.get(), extra)
  }

  static func configuration(of cluster: KafkaMockCluster, _ extra: [String: String] = [:]) -> KafkaConfiguration {
    KafkaConfiguration([
      "bootstrap.servers": cluster.bootstrapServers,
      // The in-process broker makes an empty fetch wait that long in full.
      "fetch.wait.max.ms": "10",
      "session.timeout.ms": "6000",
    ]).merging(extra)
  }

  /// A cluster of the test's own, with one topic: for what would disturb other tests.
  static func withCluster(topic: String, _ body: (KafkaMockCluster) throws -> Void) throws {
    let cluster = try KafkaMockCluster()
    try cluster.createTopic(topic, partitions: 1)
    // Its last use in the body may come before the clients' last.
    try withExtendedLifetime(cluster) { try body(cluster) }
  }

  /// A topic that no other test uses.
  static func topic(_ name: String = #function, partitions: Int = 1) throws -> String {
    let topic = String(name.prefix { $0.isLetter })
    try cluster.get().createTopic(topic, partitions: partitions)
    return topic
  }

  static func producer(_ extra: [String: String] = [:], transactionalID: String? = nil) throws -> KafkaProducer {
    try KafkaProducer(configuration(extra), clientID: "test", transactionalID: transactionalID)
  }

  /// A producer that sends what a flush asks of it as one batch, which one answer to a fetch has as a whole.
  static func batchingProducer() throws -> KafkaProducer { try producer(["linger.ms": "60000"]) }

  static func reader(_ extra: [String: String] = [:]) throws -> KafkaConsumer {
    let role = KafkaConsumer.Role.reader(group: "readers", isolation: .readCommitted)
    return try KafkaConsumer(configuration(extra), role: role, clientID: "test")
  }

  static func member(of group: String, clientID: String = "test") throws -> KafkaConsumer {
    try KafkaConsumer(configuration(), role: .member(group: group, instance: nil), clientID: clientID)
  }
}

extension KafkaProducer {
  func produce(
    _ topic: KafkaTopic,
    _ value: String?,
    key: String? = nil,
    partition: Int32 = 0,
    token: UInt = 0
  ) throws(KafkaError) {
    try bytes(key) { (key) throws(KafkaError) in
      try bytes(value) { (value) throws(KafkaError) in
        try produce(topic, partition: partition, key: key, value: value, token: token)
      }
    }
  }

  /// The deliveries so far.
  func deliveries() -> [KafkaDelivery] {
    var deliveries: [KafkaDelivery] = []
    takeDeliveries { deliveries.append($0) }
    return deliveries
  }
}

extension KafkaConsumer {
  /// Polls until something has come, taking whatever is assigned from where the group has committed.
  func poll(
    into collector: inout Collector,
    limit: Int = 10_000,
    onRebalance: (KafkaRebalance) throws -> Void = { _ in },
    until isDone: (Collector) -> Bool
  ) throws {
    let deadline = ContinuousClock.now + Fixture.patience
    while !isDone(collector) {
      try #require(ContinuousClock.now < deadline, "waited in vain; seen so far: \(collector)")
      let result = try poll(timeout: .milliseconds(50), limit: limit, into: &collector)
      guard let rebalance = result.rebalance else { continue }
      try onRebalance(rebalance)
      switch rebalance {
      case .assigned(let partitions): try assign(partitions.map { KafkaPosition($0, .committed) })
      case .revoked: try unassign()
      }
    }
  }
}
