// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// A consumer's place in its group (group, generation, member), by which a broker fences a transaction's offsets.
///
/// Take it when partitions are assigned and use it for as long as they are: what is taken while the member rejoins
/// names no member, and a broker does not fence that.
///
/// @unchecked Sendable: an immutable object of librdkafka with one owner.
public struct KafkaGroupMetadata: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer

  init(consuming pointer: OpaquePointer) {
    self.pointer = pointer
  }

  deinit {
    rd_kafka_consumer_group_metadata_destroy(pointer)
  }
}
