// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// The topic handles of one client, numbered in the order of their registration.
///
/// A handle carries its number as its opaque, so a record's topic is known without comparing names. That needs the
/// handle to be made before librdkafka makes one by itself: every call that names a topic registers it first.
struct TopicRegistry: ~Copyable {
  private(set) var names: [String] = []
  private var handles: [OpaquePointer] = []

  mutating func register(_ name: String, on rk: OpaquePointer) throws(KafkaError) -> KafkaTopic {
    if let known = names.firstIndex(of: name) { return KafkaTopic(index: Int32(known)) }
    let index = Int32(names.count)
    guard let handle = crdk_topic_new(rk, name, index) else {
      throw KafkaError(KafkaError.Code(rd_kafka_last_error()), operation: .topic)
    }
    names.append(name)
    handles.append(handle)
    return KafkaTopic(index: index)
  }

  /// The handle of a registered topic; nil for another client's.
  func handle(of topic: KafkaTopic) -> OpaquePointer? {
    let index = Int(topic.index)
    return handles.indices.contains(index) ? handles[index] : nil
  }

  /// Frees the handles; once, right before the client is freed.
  func destroyHandles() {
    for handle in handles { rd_kafka_topic_destroy(handle) }
  }
}
