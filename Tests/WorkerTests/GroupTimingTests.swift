// SPDX-License-Identifier: Apache-2.0

import Kafka
import Testing

@testable import Worker

@Suite("Groups: timing")
struct GroupTimingTests {
  @Test(
    "a member hears of rebalances within three seconds however long its session is, and reports five times in a session",
    arguments: [(300, "3000"), (15, "3000"), (5, "1000"), (0, "100")]
  )
  func heartbeats(seconds: Int, milliseconds: String) {
    let common = KafkaConfiguration(bootstrapServers: "kafka:9092")
    var lane = KafkaLogSettings(common: common, instance: "a", lane: 0)
    lane.sessionTimeout = .seconds(seconds)
    #expect(lane.consumerConfiguration.properties["heartbeat.interval.ms"] == milliseconds)
    var resolver = ResolverSettings(common: common, instance: "a")
    resolver.sessionTimeout = .seconds(seconds)
    #expect(resolver.consumerConfiguration.properties["heartbeat.interval.ms"] == milliseconds)
  }
}
