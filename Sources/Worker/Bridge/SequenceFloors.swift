// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel

/// Finds the sequences that holders before have given, at the end of `presence.changes`.
///
/// Sequences follow the time of day. A successor whose clock is behind would begin below those of the holder before, and
/// readers would drop what it says as old. What is behind by less than a tail covers does no harm; where the tail does
/// not reach that far, what was dropped is said again with the next renewal.
enum SequenceFloors {
  /// The highest sequence of each partition that one of the sources has given.
  ///
  /// - Parameters:
  ///   - partitions: the partitions to look at.
  ///   - sources: the names of the agents whose readings count.
  ///   - clock: tells when to give up: what was found until then is the answer.
  static func read(
    _ partitions: [Int32],
    sources: Set<String>,
    _ settings: BridgeSettings,
    _ clock: any LaneClock,
    limit: Duration = .seconds(5)
  ) throws(KafkaError) -> [Int32: Int64] {
    let end = clock.monotonic + limit.milliseconds
    let consumer = try KafkaConsumer(
      settings.common.merging(settings.consumer),
      role: .reader(group: settings.groupName + "-tail", isolation: .readUncommitted),
      clientID: "\(settings.clientID)-tail",
      observer: settings.observer
    )
    let topic = settings.name(of: .presenceChanges)
    let ends = try consumer.ends(of: partitions.map { KafkaTopicPartition(topic, $0) }, timeout: limit)
    var visitor = Visitor(sources: sources)
    var positions: [KafkaPosition] = []
    for position in ends {
      guard let offset = position.offset.exact, offset > 0 else { continue }
      let number = position.topicPartition.partition
      visitor.ends[number] = offset
      positions.append(KafkaPosition(topic, number, max(0, offset - settings.tail)))
    }
    try consumer.assign(positions)
    while !visitor.ends.isEmpty, clock.monotonic < end {
      _ = try consumer.poll(timeout: .milliseconds(50), limit: 10_000, into: &visitor)
      if let failure = visitor.failure { throw failure }
    }
    try consumer.close()
    return visitor.floors
  }

  private struct Visitor: KafkaRecordVisitor {
    let sources: Set<String>
    /// The ends that have not been reached.
    var ends: [Int32: Int64] = [:]
    var floors: [Int32: Int64] = [:]
    var failure: KafkaError?
    private let decoder = EventDecoder()

    init(sources: Set<String>) { self.sources = sources }

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      let record = KafkaLogRecord(copy record, topic: .presenceChanges)
      var input = InputHeaders()
      record.forEachHeader { name, value in input.take(name, value) }
      do throws(DecodingFailure) {
        let change = try decoder.change(record.bytes, envelope: input.envelope)
        if let sequence = change.sequence, sources.contains(change.source.string) {
          floors[record.partition.partition] = max(floors[record.partition.partition] ?? 0, sequence)
        }
      } catch {
        // Whatever it is, no bridge has written it; the enricher makes a dead letter of it.
      }
      reach(record.partition.partition, record.offset + 1)
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) { reach(partition, offset) }

    private mutating func reach(_ partition: Int32, _ offset: Int64) {
      if let end = ends[partition], offset >= end { ends[partition] = nil }
    }

    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
      if error.recovery != .retry { failure = error }
    }
  }
}
