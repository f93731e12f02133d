// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

@Suite("Configuration: keys")
struct ConfigurationKeyTests {
  @Test("no two keys share a name or an environment variable, and no variable begins another open key's")
  func namesAreUnique() {
    #expect(Set(ConfigurationKey.all.map(\.name)).count == ConfigurationKey.all.count)
    #expect(Set(ConfigurationKey.all.map(\.environmentVariable)).count == ConfigurationKey.all.count)
    for open in ConfigurationKey.all where open.isOpen {
      for key in ConfigurationKey.all where key.name != open.name {
        #expect(!key.environmentVariable.hasPrefix(open.environmentVariable + "_"))
      }
    }
    #expect(!ConfigurationKey.all.contains { $0.environmentVariable == EnvironmentName.file })
  }

  @Test("every default, given as a value, is accepted and changes nothing", arguments: ConfigurationKey.all.indices)
  func defaultsAreInRange(index: Int) throws {
    let key = ConfigurationKey.all[index]
    guard !key.defaultValue.isEmpty else { return }
    var loader = ConfigurationLoader()
    loader.file = ("defaults.yaml", "\(key.name): \(key.defaultValue)")
    #expect(try loader.load().configuration == WorkerConfiguration())
  }

  @Test("the defaults fit together")
  func defaultsFit() {
    #expect(WorkerConfiguration().problems().isEmpty)
  }

  @Test("every property of the configuration has a key: what no key shows cannot be configured")
  func everyPropertyHasAKey() {
    var leaves: Set<String> = []
    func walk(_ value: Any, _ path: String) {
      let mirror = Mirror(reflecting: value)
      let isSection = mirror.displayStyle == .struct && "\(type(of: value))".first?.isUppercase == true
      guard isSection, !(value is ClientProperties), !(value is ConfigurationNode), !(value is Duration) else {
        leaves.insert(path)
        return
      }
      if mirror.children.isEmpty { leaves.insert(path) }
      for child in mirror.children { walk(child.value, path.isEmpty ? child.label! : "\(path).\(child.label!)") }
    }
    walk(WorkerConfiguration(), "")
    // What fetches tokens is put in by whoever composes the process; its settings are keys.
    #expect(leaves.subtracting(["kafka.tokenProvider"]) == Set(ConfigurationKey.all.map(\.name)))
  }

  @Test("an instance without a name has a random label and is no static member")
  func instanceLabel() {
    var instance = WorkerConfiguration.Instance()
    #expect(instance.groupInstanceID == nil && instance.leavesGroup)
    #expect(instance.label.count > 9)
    #expect(KafkaName.isInstance(instance.label))
    #expect(instance.label == WorkerConfiguration.Instance().label)
    instance.usesHostName = true
    #expect(instance.label == ProcessName.host)
    #expect(instance.groupInstanceID == ProcessName.host && !instance.leavesGroup)
    instance.leavesOnStop = true
    #expect(instance.leavesGroup)
    instance.name = "presence-0"
    #expect(instance.label == "presence-0")
    #expect(instance.groupInstanceID == "presence-0")
  }

  @Test(
    "durations are read with their units",
    arguments: [
      ("100ms", 100), ("10s", 10_000), ("5m", 300_000), ("24h", 86_400_000), ("7d", 604_800_000),
      ("1h30m", 5_400_000), ("1.5s", 1_500), (" 2s ", 2_000), ("0s", 0), ("0.25m", 15_000),
    ]
  )
  func durations(text: String, milliseconds: Int64) {
    #expect(DurationText.parse(text) == .milliseconds(milliseconds))
  }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "10", "s", "-1s", "1 s", "1S", "1sec", "1..5s", "1.s", ".5s", "0.5ms", "9223372036854775807d", "1s2",
    ]
  )
  func noDurations(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test("durations are shown in the largest unit that fits, and read back as they were")
  func durationsRoundTrip() {
    for milliseconds: Int64 in [0, 1, 999, 1_000, 1_001, 60_000, 90_000, 86_400_000, 172_800_000] {
      let text = DurationText.render(.milliseconds(milliseconds))
      #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }
    #expect(DurationText.render(.seconds(86_400)) == "24h")
    #expect(DurationText.render(.seconds(90)) == "90s")
    #expect(DurationText.render(.seconds(172_800)) == "2d")
  }

  @Test(
    "a wrong name finds the one that was meant",
    arguments: [
      ("lanes", "enricher.lanes"), ("enricher.lane", "enricher.lanes"),
      ("enricher.comit-interval", "enricher.commitInterval"),
      ("Kafka.bootstrap_servers", "kafka.bootstrapServers"), ("presense", "presence"),
      ("rateLimit", "contact.rateLimit"),
      ("completelyDifferent", nil), ("x", nil), ("", nil),
    ] as [(String, String?)]
  )
  func nearest(name: String, expected: String?) {
    let candidates = ConfigurationKey.all.map(\.name) + ConfigurationNames.sections.sorted()
    #expect(NearestName.of(name, among: candidates) == expected)
  }

  @Test("a broker is named by host and port", arguments: ["a:1", "kafka-0.kafka:9092", "[::1]:9092", "10.0.0.1:65535"])
  func servers(text: String) {
    #expect(KafkaName.isBootstrapServer(text))
  }

  @Test(
    "what names no broker is refused",
    arguments: ["", "host", "host:", ":9092", "host:0", "host:65536", "[]:1", "a b:1", "http://a:1"]
  )
  func noServers(text: String) {
    #expect(!KafkaName.isBootstrapServer(text))
  }
}
