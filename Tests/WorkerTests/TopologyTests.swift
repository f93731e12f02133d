// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

/// A broker as `topics create` leaves it, with a change.
private func broker(
  prefix: String = "",
  partitions: Int = 12,
  _ change: (inout [LogTopic: TopicFacts]) -> Void = { _ in }
) -> [TopicFacts] {
  var facts: [LogTopic: TopicFacts] = [:]
  for topic in LogTopic.allCases {
    facts[topic] = TopicFacts(
      name: prefix + topic.name,
      partitions: topic == .portalSpaces ? 1 : partitions,
      replicas: 3,
      settings: topic.settings
    )
  }
  change(&facts)
  return Array(facts.values)
}

@Suite("Topology")
struct TopologyTests {
  @Test("names carry the prefix and lead back to their topics")
  func names() {
    let topology = Topology(prefix: "acme.")
    #expect(topology.name(of: .presenceChanges) == "acme.presence.changes")
    for topic in LogTopic.allCases {
      #expect(topology.topic(named: topology.name(of: topic)) == topic)
      #expect(topology.topic(named: topic.name) == nil)
    }
  }

  @Test("the topics are the contract's, with its retention and cleanup")
  func contract() {
    let rows = LogTopic.allCases.map { topic in
      let kept = topic.retention.map(DurationText.render) ?? topic.cleanup.rawValue
      return "\(topic.name) \(topic.keyKind.rawValue) \(kept)"
    }
    #expect(
      rows == [
        "presence.changes user 24h", "contact.requests recipient 12h", "user.profiles user compact",
        "portal.spaces space compact", "presence.lookups user 24h", "presence.snapshots user compact",
        "mail.dispatches recipient 7d", "im.dispatches recipient 7d", "contact.outcomes recipient 2d",
        "presence.dead-letters original 14d",
      ]
    )
    #expect(LogTopic.allCases.filter { !$0.isCoPartitioned } == [.portalSpaces, .deadLetters])
    #expect(LogTopic.deadLetters.largestRecord == LogTopic.presenceChanges.largestRecord + 65_536)
  }

  @Test("compacted topics have small segments, the others have none of their settings")
  func compactedSettings() {
    let expected = [
      "cleanup.policy": "compact", "segment.bytes": "67108864", "segment.ms": "600000",
      "min.cleanable.dirty.ratio": "0.1", "max.compaction.lag.ms": "3600000", "max.message.bytes": "1048588",
    ]
    #expect(LogTopic.presenceSnapshots.settings == expected)
    #expect(
      LogTopic.contactRequests.settings
        == ["cleanup.policy": "delete", "retention.ms": "43200000", "max.message.bytes": "1048588"]
    )
  }

  @Test("a plan on an empty broker creates all, with the configured counts")
  func planFromNothing() {
    var configuration = WorkerConfiguration()
    configuration.topics.prefix = "acme."
    configuration.topics.partitions = 24
    configuration.topics.replicationFactor = 3
    let plan = TopologyPlan(configuration, found: [])
    #expect(plan.creations.map(\.name) == Topology(prefix: "acme.").names)
    #expect(plan.creations.allSatisfy { $0.replicas == 3 })
    #expect(plan.creations.filter { $0.partitions != 24 }.map(\.name) == ["acme.portal.spaces"])
  }

  @Test("a plan touches nothing that exists, and what it adds fits what exists")
  func planFitsWhatExists() {
    let existing = broker(partitions: 6) { facts in
      facts[.imDispatches] = nil
      facts[.portalSpaces] = nil
    }
    let plan = TopologyPlan(WorkerConfiguration(), found: existing)
    #expect(plan.creations.map(\.name) == ["portal.spaces", "im.dispatches"])
    #expect(plan.creations.map(\.partitions) == [1, 6])
  }

  @Test("what a plan creates has no problem")
  func planIsClean() {
    let configuration = WorkerConfiguration()
    let created = TopologyPlan(configuration, found: []).creations.map {
      TopicFacts(name: $0.name, partitions: $0.partitions, replicas: $0.replicas, settings: $0.settings)
    }
    #expect(TopologyCheck(configuration).problems(found: created).isEmpty)
  }
}

@Suite("Topology: check")
struct TopologyCheckTests {
  private func problems(
    _ found: [TopicFacts],
    _ configuration: WorkerConfiguration = WorkerConfiguration()
  ) -> [TopologyProblem] {
    TopologyCheck(configuration).problems(found: found)
  }

  @Test("a missing topic is an error that says how to create it")
  func missing() {
    let found = problems(broker { $0[.contactOutcomes] = nil })
    #expect(found.map(\.topic) == ["contact.outcomes"])
    #expect(found.first?.weight == .error)
    #expect(found.first?.remedy.contains("topics create") == true)
  }

  @Test("topics of another prefix do not count")
  func otherPrefix() {
    #expect(problems(broker(prefix: "acme.")).count == LogTopic.allCases.count)
  }

  @Test("the topic whose partition count differs from the others' is named, and dead letters may differ")
  func partitionCounts() {
    let found = problems(
      broker { facts in
        facts[.userProfiles]?.partitions = 6
        facts[.deadLetters]?.partitions = 1
      }
    )
    #expect(found.map(\.topic) == ["user.profiles"])
    #expect(found.first?.finding == "has 6 partitions, while others keyed by user have 12")
  }

  @Test("a count that all share but the configuration does not is advice")
  func configuredCount() {
    let found = problems(broker(partitions: 24))
    #expect(found.map(\.weight) == [.advice])
    #expect(found.first?.remedy.contains("topics.partitions to 24") == true)
  }

  @Test(
    "a wrong cleanup policy is an error",
    arguments: [
      (LogTopic.presenceSnapshots, "delete"), (.presenceSnapshots, "compact,delete"),
      (.contactRequests, "compact"),
    ]
  )
  func cleanup(topic: LogTopic, policy: String) {
    let found = problems(broker { $0[topic]?.settings?["cleanup.policy"] = policy })
    #expect(found.map(\.topic) == [topic.name])
    #expect(found.first?.weight == .error)
    #expect(found.first?.remedy == "set cleanup.policy=\(topic.cleanup.rawValue)")
  }

  @Test(
    "retention(requests) < window < retention(outcomes), and retention(lookups) >= retention(requests)",
    arguments: [
      (LogTopic.contactRequests, 24 * 3_600_000, true), (.contactRequests, 24 * 3_600_000 - 1, false),
      (.contactOutcomes, 24 * 3_600_000, true), (.contactOutcomes, 24 * 3_600_000 + 1, false),
      (.presenceLookups, 12 * 3_600_000 - 1, true), (.presenceLookups, 12 * 3_600_000, false),
      (.contactRequests, -1, true), (.contactOutcomes, -1, false), (.presenceLookups, -1, false),
    ]
  )
  func retention(topic: LogTopic, milliseconds: Int, isError: Bool) {
    let found = problems(broker { $0[topic]?.settings?["retention.ms"] = String(milliseconds) })
    #expect(found.contains { $0.topic == topic.name && $0.weight == .error } == isError, "\(found)")
  }

  @Test("the window is the configured one")
  func configuredWindow() {
    var configuration = WorkerConfiguration()
    configuration.contact.duplicateWindow = .seconds(50 * 3_600)
    #expect(problems(broker(), configuration).map(\.topic) == ["contact.outcomes"])
  }

  @Test("dead letters must take 64 KiB more than the largest input")
  func deadLetterSize() {
    let larger = problems(broker { $0[.contactRequests]?.settings?["max.message.bytes"] = "2000000" })
    #expect(larger.map(\.topic) == ["presence.dead-letters"])
    #expect(larger.first?.remedy == "set max.message.bytes=2065536")
    let smaller = problems(broker { $0[.deadLetters]?.settings?["max.message.bytes"] = "1114123" })
    #expect(smaller.map(\.topic) == ["presence.dead-letters"])
    let output = problems(broker { $0[.imDispatches]?.settings?["max.message.bytes"] = "2000000" })
    #expect(output.isEmpty)
  }

  @Test("large segments of a compacted topic are advice")
  func segments() {
    let found = problems(
      broker { facts in
        facts[.presenceSnapshots]?.settings?["segment.bytes"] = "1073741824"
        facts[.presenceSnapshots]?.settings?["segment.ms"] = "604800000"
      }
    )
    #expect(found.map(\.weight) == [.advice])
    #expect(found.first?.remedy == "set segment.bytes=67108864,segment.ms=600000")
  }

  @Test("a broker that does not tell its settings leaves one piece of advice, and errors come first")
  func silentBroker() {
    let found = problems(
      broker { facts in
        for topic in facts.keys { facts[topic]?.settings = nil }
        facts[.mailDispatches] = nil
      }
    )
    #expect(found.map(\.weight) == [.error, .advice])
    #expect(found.last?.finding == "the broker does not tell the settings of 9 topics")
  }
}
