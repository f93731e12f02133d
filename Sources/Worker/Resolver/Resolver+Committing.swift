// SPDX-License-Identifier: Apache-2.0

import Kafka

extension Resolver {
  /// Commits the lowest unfinished offset of each partition where that has risen.
  func commit() throws(KafkaError) {
    committedAt = clock.monotonic
    guard let consumer else { return }
    status.lags = lags(consumer)
    var positions: [KafkaPosition] = []
    for (partition, ledger) in ledgers {
      if let position = ledger.toCommit {
        positions.append(KafkaPosition(settings.name(of: .presenceLookups), partition, position))
      }
    }
    guard !positions.isEmpty else { return }
    try consumer.commit(positions, timeout: .seconds(5))
    for position in positions {
      if let offset = position.offset.exact { ledgers[position.topicPartition.partition]?.didCommit(offset) }
    }
  }

  /// How far behind the resolver is, by what the brokers said with the last records that were fetched.
  private func lags(_ consumer: KafkaConsumer) -> [PartitionLag] {
    ledgers.compactMap { partition, ledger in
      let name = KafkaTopicPartition(settings.name(of: .presenceLookups), partition)
      guard let position = ledger.position, let end = consumer.knownEnd(of: name) else { return nil }
      return PartitionLag(partition: LogPartition(.presenceLookups, partition), position: position, end: end)
    }
  }
}
