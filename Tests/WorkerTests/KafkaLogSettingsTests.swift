// SPDX-License-Identifier: Apache-2.0

import Kafka
import Testing

@testable import Worker

@Suite("The log's settings")
struct KafkaLogSettingsTests {
  private var settings = KafkaLogSettings(
    common: KafkaConfiguration(bootstrapServers: "127.0.0.1:1"),
    instance: "a",
    lane: 0
  )

  @Test("a lane that cannot make its clients says which properties do not go together")
  mutating func reason() throws {
    settings.producer = ["message.timeout.ms": "2", "linger.ms": "5"]
    let failure = try #require(throws: LogFailure.self) { try KafkaLogClient(settings).connect() }
    #expect(failure.message.contains("`message.timeout.ms` must be greater than `linger.ms`"))
  }

  @Test("an operator's properties win over those of members and of readers")
  mutating func operators() {
    settings.consumer = ["queued.max.messages.kbytes": "8192"]
    for configuration in [settings.consumerConfiguration, settings.readerConfiguration] {
      #expect(configuration.properties["queued.max.messages.kbytes"] == "8192")
    }
  }
}
