// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import Testing

/// A real broker, where there is one.
enum Broker {
  /// Why tests that need it are skipped.
  static let reason: Comment = "KAFKA_BOOTSTRAP is not set: the in-process broker cannot do this"

  static let bootstrap = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP"]
  static var isThere: Bool { bootstrap != nil }

  static func configuration(_ extra: [String: String] = [:]) -> KafkaConfiguration {
    KafkaConfiguration(bootstrapServers: bootstrap ?? "").merging(extra)
  }

  /// A topic of the test's own, deleted afterwards.
  static func withTopic(partitions: Int, _ body: (String) throws -> Void) throws {
    let name = "kafka-tests-\(UInt64.random(in: 0...UInt64.max))"
    let admin = try KafkaAdmin(configuration(), clientID: "test")
    let created = try admin.createTopics(
      [KafkaNewTopic(name: name, partitions: partitions, replication: 1)],
      timeout: Fixture.patience
    )
    // A busy broker may answer too late, and librdkafka ask again: then it is there, and nobody else has its name.
    if let error = created.first?.error, error.code != .topicAlreadyExists { throw error }
    let outcome = Result { try body(name) }
    _ = try admin.deleteTopics([name], timeout: Fixture.patience)
    try outcome.get()
  }
}
