// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Kafka
import PresenceModel
import Testing
import Worker

@testable import presence_worker

@Suite("Dead letters")
struct DeadLetterTests {
  private static func letter(
    _ id: String = "3/17",
    key: String? = "jane",
    value: String = #"{"user":"jane","state":"sleeping"}"#,
    code: String = "invalidValue",
    topic: String = "presence.changes",
    failedAt: String = "2026-11-22T08:15:30.000Z",
    more: [(String, String)] = []
  ) -> Letter {
    let headers =
      [
        ("ce_subject", "jane"), ("dlq.error.code", code), ("dlq.error.message", "state \"sleeping\" is not one of …"),
        ("dlq.topic", topic), ("dlq.partition", "3"), ("dlq.offset", "1234"), ("dlq.failed-at", failedAt),
      ] + more
    return Letter(
      id: LetterID(argument: id) ?? LetterID(partition: -1, offset: -1),
      key: key.map { Array($0.utf8) },
      value: Array(value.utf8),
      size: value.utf8.count,
      headers: headers.map { Letter.Header(name: $0.0, value: Array($0.1.utf8)) }
    )
  }

  @Test("a letter is named by partition and offset", arguments: ["3", "3/", "/3", "3/4/5", "-1/2", "1/-2", "a/b"])
  func wrongNames(_ text: String) {
    #expect(LetterID(argument: text) == nil)
    #expect(LetterID(argument: "3/17")?.description == "3/17")
  }

  /// Options of a filter, and whether they mean the letter above.
  struct Choice: Sendable {
    var options: [String]
    var isMeant: Bool
  }

  @Test(
    "a filter means what all of its options mean",
    arguments: [
      Choice(options: [], isMeant: true),
      Choice(options: ["--topic", "presence.changes"], isMeant: true),
      Choice(options: ["--topic", "acme.presence.changes"], isMeant: true),
      Choice(options: ["--topic", "contact.requests"], isMeant: false),
      Choice(options: ["--topic", "contact.requests", "--topic", "presence.changes"], isMeant: true),
      Choice(options: ["--partition", "3"], isMeant: true), Choice(options: ["--partition", "4"], isMeant: false),
      Choice(options: ["--code", "invalidValue"], isMeant: true), Choice(options: ["--code", "x"], isMeant: false),
      Choice(options: ["--user", "jane"], isMeant: true), Choice(options: ["--key", "tom"], isMeant: false),
      Choice(options: ["--since", "2026-11-22T08:15:30Z"], isMeant: true),
      Choice(options: ["--since", "2026-11-22T08:15:31Z"], isMeant: false),
      Choice(options: ["--until", "2026-11-22T08:15:30Z"], isMeant: false),
      Choice(options: ["--from-offset", "17"], isMeant: true),
      Choice(options: ["--from-offset", "18"], isMeant: false),
      Choice(options: ["--text", "is not one of"], isMeant: true),
      Choice(options: ["--text", "sleeping"], isMeant: true),
      Choice(options: ["--text", "awake"], isMeant: false),
      Choice(options: ["--code", "invalidValue", "--user", "tom"], isMeant: false),
    ]
  )
  func filters(_ choice: Choice) throws {
    let filter = try LetterFilter.parse(choice.options)
    #expect(filter.matches(Self.letter(), prefix: "acme.") == choice.isMeant)
    #expect(filter.isEmpty == choice.options.isEmpty)
  }

  @Test("what was replayed, is not whole, is no input's or has failed again is left alone, with the reason")
  func plan() {
    let again = [("presence-replayed", "1")]
    let findings = LetterArchive.Findings(
      letters: [
        Self.letter("0/1"), Self.letter("0/2"), Self.letter("0/3", more: [("dlq.truncated", "1")]),
        Self.letter("0/4", topic: "presence.snapshots"), Self.letter("0/5", more: again),
      ],
      replayed: [LetterID(partition: 0, offset: 1)]
    )
    let plan = ReplayPlan(findings, again: false)
    #expect(plan.letters.map(\.id.offset) == [2])
    #expect(plan.skipped.map(\.letter.id.offset) == [1, 3, 4, 5])
    #expect(plan.summary == "1 to presence.changes")
    #expect(ReplayPlan(findings, again: true).letters.map(\.id.offset) == [2, 5])
  }

  @Test("names and texts are masked unless they are asked for")
  func masking() throws {
    let letter = Self.letter()
    let ink = Ink(isColoured: false)
    let masked = LetterReport(reveals: false, replayed: [])
    let everything =
      try masked.lines(letter, ink) + masked.table([letter], of: [letter], ink)
      + [masked.json(letter, isWhole: true)]
    #expect(!everything.contains { $0.contains("jane") }, "\(everything)")
    #expect(everything.contains { $0.contains("sleeping") }, "what is wrong has to be seen")
    let revealed = LetterReport(reveals: true, replayed: []).lines(letter, ink)
    #expect(revealed.contains { $0.contains("jane") })
  }

  @Test("what is no JSON is not shown, and said so")
  func noJSON() {
    let lines = LetterReport(reveals: false, replayed: []).lines(
      Self.letter(value: "secret stuff"),
      Ink(isColoured: false)
    )
    #expect(!lines.contains { $0.contains("secret") })
    #expect(lines.contains { $0.contains("--raw") })
  }

  @Test("a replay sends the bytes back with two headers more, marks the letter, and does not do it twice")
  func replay() async throws {
    let cluster = try KafkaMockCluster()
    for topic in LogTopic.allCases { try cluster.createTopic("t.\(topic.name)", partitions: 4) }
    try await onOwnThread {
      var configuration = WorkerConfiguration()
      configuration.kafka.bootstrapServers = [cluster.bootstrapServers]
      configuration.topics.prefix = "t."
      configuration.enricher.delivery = .atLeastOnce
      let broker = Broker(configuration, timeout: .seconds(60))
      // A letter in the wrong partition, as one of `wrongPartition` would be.
      let producer = try KafkaProducer(configuration.kafka.producerConfiguration, clientID: "test")
      let topic = try producer.topic("t.presence.dead-letters")
      var headers = KafkaHeaders()
      for header in Self.letter(more: [("dlq.worker", "w")]).headers {
        var name = header.name
        name.withUTF8 { name in
          header.value!.withUnsafeBytes { headers.append(name: UnsafeRawBufferPointer(name), value: $0) }
        }
      }
      let key = Array("jane".utf8)
      let value = Array("{broken".utf8)
      try key.withUnsafeBytes { key in
        try value.withUnsafeBytes { value in
          try producer.produce(topic, partition: 3, key: key, value: value, headers: headers)
        }
      }
      try producer.flush(timeout: .seconds(5))
      producer.close()

      let archive = LetterArchive(broker: broker)
      for round in 0..<2 {
        let replay = try LetterReplay(broker)
        let plan = ReplayPlan(try archive.find(LetterFilter.parse([])), again: false)
        try archive.read(plan.letters.map(\.id)) { letter in
          do { try replay.send(letter) } catch { Issue.record(error) }
        }
        try replay.flush()
        #expect(replay.sent == (round == 0 ? 1 : 0))
        replay.close()
      }
      #expect(try archive.find(LetterFilter.parse([])).replayed == [LetterID(partition: 3, offset: 0)])

      let reader = try TopicReader(broker, [.presenceChanges: .beginning])
      var found: [Letter] = []
      try reader.readToEnd { found.append(Letter($0)) }
      try reader.close()
      #expect(found.count == 1)
      let record = try #require(found.first)
      #expect(record.key == key && record.value == value)
      #expect(record.id.partition == key.withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: 4) })
      #expect(record.text("ce_subject") == "jane")
      #expect(record.text("presence-replayed") == "1")
      #expect(record.text("dlq.replayed-from") == "t.presence.dead-letters/3/0")
      #expect(record.text("dlq.error.code") == nil)
    }
  }

  @Test("a letter that is not there is said to be missing")
  func missing() async throws {
    let cluster = try KafkaMockCluster()
    for topic in LogTopic.allCases { try cluster.createTopic(topic.name, partitions: 2) }
    let failure = try await onOwnThread { () -> CommandFailure? in
      var configuration = WorkerConfiguration()
      configuration.kafka.bootstrapServers = [cluster.bootstrapServers]
      do {
        _ = try LetterArchive(broker: Broker(configuration, timeout: .seconds(60)))
          .find(LetterFilter.parse([]), ids: [LetterID(partition: 1, offset: 5)])
        return nil
      } catch {
        return error as? CommandFailure
      }
    }
    #expect(failure?.status == .data)
    #expect(failure?.message.contains("1/5") == true)
  }
}
