// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Kafka
import PresenceEvents
import PresenceModel

extension Bridge {
  private struct Visitor: KafkaRecordVisitor {
    let bridge: Bridge
    let decoder: EventDecoder

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      let record = KafkaLogRecord(copy record, topic: .userProfiles)
      bridge.read(record, decoder)
      bridge.machine.didRead(record.partition.partition, record.offset)
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) {
      bridge.machine.reachedEnd(of: partition, at: offset)
    }

    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
      if error.recovery != .retry { bridge.failure = error }
    }
  }

  /// Reads profiles, and answers a rebalance.
  func poll() throws(KafkaError) {
    guard let consumer else { return }
    var visitor = Visitor(bridge: self, decoder: decoder)
    let poll = try consumer.poll(timeout: .zero, limit: 5_000, into: &visitor)
    isBehind = !poll.isDrained
    try throwFailure()
    switch poll.rebalance {
    case .none: break
    case .assigned(let partitions):
      try assign(partitions, consumer)
    case .revoked(_, let lost):
      if lost { wasKept = false } else { try giveUp() }
      machine.suspend(lost: lost, now: clock.monotonic)
      try consumer.unassign()
      status.isReady = false
    }
  }

  /// Goes on with the partitions that it held before, and begins with those that it did not.
  private func assign(_ partitions: [KafkaTopicPartition], _ consumer: KafkaConsumer) throws(KafkaError) {
    let known = machine.partitions
    let numbers = partitions.map(\.partition)
    machine.assign(Set(numbers), now: clock.monotonic)
    raiseSequences(of: numbers.filter { known[$0] == nil || !wasKept })
    wasKept = true
    try consumer.assign(
      partitions.map { partition in
        let next = machine.partitions[partition.partition]?.nextOffset
        return KafkaPosition(partition, next.map { KafkaOffset($0) } ?? .beginning)
      }
    )
    status.isReady = true
    status.fault = nil
  }

  /// Looks at the end of partitions that somebody else may have held. Where that cannot be done the clock has to do.
  private func raiseSequences(of partitions: [Int32]) {
    guard !partitions.isEmpty, !roster.subscribers.isEmpty else { return }
    do throws(KafkaError) {
      let sources = Set(roster.subscribers.map(\.descriptor.name))
      let floors = try SequenceFloors.read(partitions, sources: sources, settings, clock)
      for (partition, floor) in floors { machine.raiseSequence(of: partition, above: floor) }
    } catch {
      settings.observer.error(error)
    }
  }

  /// Takes a profile, or that there is none any more. What is wrong with one is the enricher's to say.
  private func read(_ record: KafkaLogRecord, _ decoder: EventDecoder) {
    status.profiles += 1
    guard let key = record.key, isPlaced(key, record.partition.partition) else {
      status.unreadableProfiles += 1
      return
    }
    guard record.value != nil else { return machine.delete(key.string) }
    var input = InputHeaders()
    record.forEachHeader { name, value in input.take(name, value) }
    do throws(DecodingFailure) {
      let profile = try decoder.profile(record.bytes, envelope: input.envelope)
      guard profile.user == key else {
        status.unreadableProfiles += 1
        return
      }
      machine.profile(
        of: key.string,
        record.partition.partition,
        address: Self.address(of: profile),
        updatedAt: profile.updatedAt,
        now: clock.monotonic
      )
    } catch {
      status.unreadableProfiles += 1
    }
  }

  private func isPlaced(_ key: ByteView, _ partition: Int32) -> Bool {
    key.isUserName && JavaPartitioner.partition(ofKey: key.raw, count: partitionCount) == partition
  }

  /// The address that counts: presence rule 2.
  private static func address(of profile: UserProfile) -> IMAddress? {
    guard profile.presenceEnabled else { return nil }
    let text = profile.networkAddress.isEmpty ? profile.enterpriseAddress : profile.networkAddress
    guard !text.isEmpty else { return nil }
    do throws(IMAddress.Problem) {
      return try IMAddress(text)
    } catch {
      preconditionFailure("the decoder has checked the address: \(error)")
    }
  }
}
