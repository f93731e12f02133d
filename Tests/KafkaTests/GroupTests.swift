// SPDX-License-Identifier: Apache-2.0

import Kafka
import TestSupport
import Testing

// Each joins a group of its own, which takes the in-process broker three seconds; they wait side by side.
@Suite("A group", .ownThreads())
struct GroupTests {
  @Test("commits offsets, and a successor goes on from there")
  func commitAndResume() throws {
    let topic = try Fixture.topic()
    let producer = try Fixture.producer()
    let out = try producer.topic(topic)
    for index in 0..<10 { try producer.produce(out, "\(index)") }
    try producer.flush(timeout: Fixture.patience)

    let first = try Fixture.member(of: "resuming")
    try first.subscribe(to: [topic])
    var seen = Collector()
    let deadline = ContinuousClock.now + Fixture.patience
    while seen.records.count < 6 {
      try #require(ContinuousClock.now < deadline)
      let result = try first.poll(timeout: .milliseconds(50), limit: 6, into: &seen)
      guard case .assigned(let partitions) = result.rebalance else { continue }
      #expect(partitions == [KafkaTopicPartition(topic, 0)])
      try first.assign(partitions.map { KafkaPosition($0, .committed) })
    }
    try first.commit([KafkaPosition(topic, 0, 6)], timeout: Fixture.patience)
    let committed = try first.committed([KafkaTopicPartition(topic, 0)], timeout: Fixture.patience)
    #expect(committed == [KafkaPosition(topic, 0, 6)])
    try first.close()

    let second = try Fixture.member(of: "resuming")
    try second.subscribe(to: [topic])
    var rest = Collector()
    try second.poll(into: &rest) { $0.records.count == 4 }
    #expect(rest.records.map(\.offset) == [6, 7, 8, 9])
    try second.close()
  }

  @Test("gives metadata to a member and refuses it to anybody else")
  func groupMetadata() throws {
    let topic = try Fixture.topic()
    let member = try Fixture.member(of: "metadata")
    let early = try #require(throws: KafkaError.self) { _ = try member.groupMetadata() }
    #expect(early.code == .state)
    try member.subscribe(to: [topic])
    var seen = Collector()
    var isTaken = false
    try member.poll(
      into: &seen,
      onRebalance: { _ in
        _ = try member.groupMetadata()
        isTaken = true
      },
      until: { _ in isTaken }
    )
    try member.close()
    let reader = try Fixture.reader()
    #expect(throws: KafkaError.self) { _ = try reader.groupMetadata() }
  }

  @Test("waits with a rebalance until the member has done its work")
  func rebalanceIsAnEvent() throws {
    // The in-process broker takes no commits once a member wants to join.
    try rebalance(Fixture.configuration(), topic: Fixture.topic(partitions: 2), commitsWhileRevoked: false)
  }

  @Test(
    "takes the commits of a member that is about to lose its partitions",
    .enabled(if: Broker.isThere, Broker.reason)
  )
  func commitOnRevoke() throws {
    try Broker.withTopic(partitions: 2) { topic in
      try rebalance(Broker.configuration(), topic: topic, commitsWhileRevoked: true)
    }
  }

  /// "A second member joins. The first one's poll returns the revocation; the group waits; the first commits what it
  /// has done; only when it has answered do both get their share, and nothing is read twice."
  private func rebalance(_ configuration: KafkaConfiguration, topic: String, commitsWhileRevoked: Bool) throws {
    let producer = try KafkaProducer(configuration, clientID: "test")
    let out = try producer.topic(topic)
    for partition in [0, 1] as [Int32] {
      for index in 0..<5 { try producer.produce(out, "\(index)", partition: partition) }
    }
    try producer.flush(timeout: Fixture.patience)

    let role = KafkaConsumer.Role.member(group: "rebalancing-\(topic)", instance: nil)
    let first = try KafkaConsumer(configuration, role: role, clientID: "a")
    let second = try KafkaConsumer(configuration, role: role, clientID: "b")
    let both = [KafkaTopicPartition(topic, 0), KafkaTopicPartition(topic, 1)]
    let done = both.map { KafkaPosition($0, KafkaOffset(5)) }
    try first.subscribe(to: [topic])
    var firstSeen = Collector()
    try first.poll(into: &firstSeen) { $0.records.count == 10 }
    if !commitsWhileRevoked { try first.commit(done, timeout: Fixture.patience) }

    try second.subscribe(to: [topic])
    var secondSeen = Collector()
    var revoked: KafkaRebalance?
    let deadline = ContinuousClock.now + Fixture.patience
    while revoked == nil {
      try #require(ContinuousClock.now < deadline)
      revoked = try first.poll(timeout: .milliseconds(20), limit: 100, into: &firstSeen).rebalance
      let other = try second.poll(timeout: .milliseconds(20), limit: 100, into: &secondSeen)
      #expect(other.rebalance == nil, "the second member was served before the first had answered")
    }
    guard case .revoked(let partitions, lost: false) = revoked else {
      Issue.record("not a plain revocation: \(String(describing: revoked))")
      return
    }
    #expect(Set(partitions) == Set(both))
    #expect(!first.assignmentLost)

    // Until it is answered, the rebalance stays, and no records come.
    let again = try first.poll(timeout: .zero, limit: 100, into: &firstSeen)
    #expect(again == KafkaPoll(records: 0, isDrained: false, rebalance: revoked))
    if commitsWhileRevoked { try first.commit(done, timeout: Fixture.patience) }
    try first.unassign()

    // A group on a busy machine may form in several steps; what counts is that both end up with a share of their own.
    var shares: [[KafkaTopicPartition]] = [[], []]
    while shares.map(\.count) != [1, 1] {
      try #require(ContinuousClock.now < deadline)
      for (index, member) in [first, second].enumerated() {
        var collector = Collector()
        let result = try member.poll(timeout: .milliseconds(20), limit: 100, into: &collector)
        #expect(collector.records.isEmpty, "a record was read twice")
        switch result.rebalance {
        case .assigned(let share):
          shares[index] = share
          try member.assign(share.map { KafkaPosition($0, .committed) })
        case .revoked:
          shares[index] = []
          try member.unassign()
        case nil:
          break
        }
      }
    }
    #expect(Set(shares.joined()) == Set(both))
    try first.close()
    try second.close()
  }

  @Test("lets a member close while a rebalance waits for its answer")
  func closeWithPendingRebalance() throws {
    let topic = try Fixture.topic()
    let member = try Fixture.member(of: "closing")
    try member.subscribe(to: [topic])
    var seen = Collector()
    let deadline = ContinuousClock.now + Fixture.patience
    while member.pendingRebalance == nil {
      try #require(ContinuousClock.now < deadline)
      _ = try member.poll(timeout: .milliseconds(50), limit: 10, into: &seen)
    }
    try member.close()
    #expect(member.pendingRebalance == nil)
    #expect(member.assignmentLost)
  }
}
