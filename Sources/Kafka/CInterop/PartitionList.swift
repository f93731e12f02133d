// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// The owner of a list of partitions for the length of one call.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ positions: some Collection<KafkaPosition>) {
    pointer = rd_kafka_topic_partition_list_new(Int32(positions.count))
    for position in positions {
      let partition = position.topicPartition
      rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)!.pointee.offset =
        position.offset.rawValue
    }
  }

  init(_ partitions: some Collection<KafkaTopicPartition>) {
    self.init(partitions.map { KafkaPosition($0, .none) })
  }

  deinit {
    rd_kafka_topic_partition_list_destroy(pointer)
  }

  var positions: [KafkaPosition] { [KafkaPosition](pointer) }

  /// Throws the first partition's error, if one has any: a call may succeed as a whole and fail for some.
  func check(_ operation: KafkaError.Operation) throws(KafkaError) {
    try Self.check(pointer, operation)
  }

  /// As ``check(_:)``, for a list of librdkafka's.
  static func check(
    _ list: UnsafePointer<rd_kafka_topic_partition_list_t>,
    _ operation: KafkaError.Operation
  ) throws(KafkaError) {
    for index in 0..<Int(list.pointee.cnt) {
      let element = list.pointee.elems[index]
      guard element.err != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
      let partition = "\(String(cString: element.topic))[\(element.partition)]"
      throw KafkaError(
        KafkaError.Code(element.err),
        operation: operation,
        detail: "\(partition): \(String(cString: rd_kafka_err2str(element.err)))"
      )
    }
  }
}

extension [KafkaPosition] {
  /// Copies librdkafka's list, which stays its own.
  init(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) {
    guard let list else {
      self = []
      return
    }
    self = (0..<Int(list.pointee.cnt)).map { index in
      let element = list.pointee.elems[index]
      let partition = KafkaTopicPartition(String(cString: element.topic), element.partition)
      return KafkaPosition(partition, KafkaOffset(rawValue: element.offset))
    }
  }

  init(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) {
    self.init(list.map { UnsafePointer($0) })
  }
}
