// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// Describes, creates and deletes topics.
///
/// A call throws where it fails as a whole, and returns a result for each topic where the broker answered for each.
/// Calls block; none belongs on Swift's cooperative pool. Not Sendable on purpose: one thread uses it.
public final class KafkaAdmin {
  private var handle: ClientHandle?

  /// Creates a client; it connects in the background.
  public init(
    _ configuration: KafkaConfiguration,
    clientID: String,
    observer: KafkaObserver = KafkaObserver()
  ) throws(KafkaError) {
    // Any client can administer; a producer needs no group.
    handle = try ClientHandle(
      RD_KAFKA_PRODUCER,
      defaults: ["socket.nagle.disable": "true"],
      configuration: configuration,
      fixed: ["client.id": clientID],
      observer: observer
    )
  }

  /// Frees the client; further calls fail.
  public func close() {
    handle = nil
  }

  /// Describes topics from the cluster's metadata; nil stands for all topics.
  public func describeTopics(
    _ names: [String]?,
    timeout: Duration
  ) throws(KafkaError) -> [KafkaTopicDescription] {
    let rk = try client()
    guard let names else { return try metadata(of: nil, rk, timeout) }
    var descriptions: [KafkaTopicDescription] = []
    for name in names {
      let topic = try handle!.topic(name)
      descriptions += try metadata(of: handle!.topics.handle(of: topic), rk, timeout)
    }
    return descriptions
  }

  /// Creates topics and waits until they exist.
  public func createTopics(_ topics: [KafkaNewTopic], timeout: Duration) throws(KafkaError) -> [KafkaTopicResult] {
    let rk = try client()
    var requests: [OpaquePointer?] = []
    defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
    for topic in topics {
      let request = try Self.request(for: topic)
      requests.append(request)
      for (property, value) in topic.configuration.sorted(by: { $0.key < $1.key }) {
        try KafkaError.check(rd_kafka_NewTopic_set_config(request, property, value), .administer)
      }
    }
    let call = try AdminCall(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS, waiting: true, timeout: timeout)
    rd_kafka_CreateTopics(rk, &requests, requests.count, call.options, call.queue)
    return try call.result(timeout: timeout) { event in
      var count = 0
      let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
      return (0..<count).map { KafkaTopicResult(results![$0]!) }
    }
  }

  /// Deletes topics with all their records.
  public func deleteTopics(_ names: [String], timeout: Duration) throws(KafkaError) -> [KafkaTopicResult] {
    let rk = try client()
    var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
    defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
    let call = try AdminCall(rk, RD_KAFKA_ADMIN_OP_DELETETOPICS, waiting: true, timeout: timeout)
    rd_kafka_DeleteTopics(rk, &requests, requests.count, call.options, call.queue)
    return try call.result(timeout: timeout) { event in
      var count = 0
      let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
      return (0..<count).map { KafkaTopicResult(results![$0]!) }
    }
  }

  /// Describes the configuration of topics, as it is in effect: `cleanup.policy`, `retention.ms` and so on.
  public func describeConfigurations(
    ofTopics names: [String],
    timeout: Duration
  ) throws(KafkaError) -> [KafkaTopicConfiguration] {
    let rk = try client()
    var requests: [OpaquePointer?] = names.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
    defer { for request in requests { rd_kafka_ConfigResource_destroy(request) } }
    let call = try AdminCall(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, waiting: false, timeout: timeout)
    rd_kafka_DescribeConfigs(rk, &requests, requests.count, call.options, call.queue)
    return try call.result(timeout: timeout) { event in
      var count = 0
      let results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
      return (0..<count).map { KafkaTopicConfiguration(results![$0]!) }
    }
  }

  /// Deletes the records before each position; returns the partitions' new first offsets.
  public func deleteRecords(
    before positions: [KafkaPosition],
    timeout: Duration
  ) throws(KafkaError) -> [KafkaPosition] {
    let rk = try client()
    let list = PartitionList(positions)
    var request = rd_kafka_DeleteRecords_new(list.pointer)
    defer { rd_kafka_DeleteRecords_destroy(request) }
    let call = try AdminCall(rk, RD_KAFKA_ADMIN_OP_DELETERECORDS, waiting: true, timeout: timeout)
    rd_kafka_DeleteRecords(rk, &request, 1, call.options, call.queue)
    return try call.result(timeout: timeout) { (event) throws(KafkaError) in
      let offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))!
      try PartitionList.check(offsets, .administer)
      return [KafkaPosition](offsets)
    }
  }

  private func client() throws(KafkaError) -> OpaquePointer {
    guard let rk = handle?.rk else {
      throw KafkaError(.destroyed, operation: .administer, detail: "the client is closed")
    }
    return rk
  }

  private func metadata(
    of topic: OpaquePointer?,
    _ rk: OpaquePointer,
    _ timeout: Duration
  ) throws(KafkaError) -> [KafkaTopicDescription] {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(rk, topic == nil ? 1 : 0, topic, &metadata, timeout.millisecondsForC)
    try KafkaError.check(code, .metadata)
    defer { rd_kafka_metadata_destroy(metadata) }
    guard let metadata else { return [] }
    return (0..<Int(metadata.pointee.topic_cnt)).map { KafkaTopicDescription(metadata.pointee.topics[$0]) }
  }

  private static func request(for topic: KafkaNewTopic) throws(KafkaError) -> OpaquePointer {
    var reason = ""
    let request = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> OpaquePointer? in
      buffer.initialize(repeating: 0)
      let partitions = Int32(topic.partitions)
      let replication = topic.replication.map { Int32($0) } ?? -1
      let request = rd_kafka_NewTopic_new(topic.name, partitions, replication, buffer.baseAddress, buffer.count)
      if request == nil { reason = String(cString: buffer.baseAddress!) }
      return request
    }
    guard let request else {
      throw KafkaError(.invalidArgument, operation: .administer, detail: "\(topic.name): \(reason)")
    }
    return request
  }
}
