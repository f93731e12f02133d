// SPDX-License-Identifier: Apache-2.0

import Worker

/// The committed offsets of a group, and those that wait for the end of a transaction.
///
/// Offsets that are sent to a transaction are pending until its marker reaches `__consumer_offsets`. Until then a fetch
/// with `require-stable` fails for their partitions (KIP-447), and one without it answers the old offsets: the hole
/// through which a successor reads an input for the second time.
final class GroupOffsets {
  private var committed: [LogPartition: Int64] = [:]
  private var pending: [(producer: ProducerIdentity, positions: [LogPosition])] = []
  private var epochs: [Int64: Int16] = [:]

  /// Whether no offsets are pending.
  var isStable: Bool { pending.isEmpty }

  func commit(_ positions: [LogPosition]) {
    for position in positions { committed[position.partition] = position.offset }
  }

  /// Notes offsets of an open transaction; false where the producer's epoch is behind what was seen here.
  func add(_ positions: [LogPosition], of producer: ProducerIdentity) -> Bool {
    guard admit(producer) else { return false }
    pending.append((producer, positions))
    return true
  }

  /// The transaction's marker has come.
  func complete(_ producer: ProducerIdentity, commits: Bool) {
    guard admit(producer) else { return }
    for entry in pending where commits && entry.producer.id == producer.id { commit(entry.positions) }
    pending.removeAll { $0.producer.id == producer.id }
  }

  func isPending(_ partition: LogPartition) -> Bool {
    pending.contains { $0.positions.contains { $0.partition == partition } }
  }

  subscript(partition: LogPartition) -> Int64? { committed[partition] }

  private func admit(_ producer: ProducerIdentity) -> Bool {
    guard producer.epoch >= epochs[producer.id, default: 0] else { return false }
    epochs[producer.id] = producer.epoch
    return true
  }
}
