// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// librdkafka's in-process broker: real Kafka protocol on a loopback port, for demonstrations and tests.
///
/// Other processes can connect to it too. It keeps nothing on disk, drops the oldest beyond 5 MiB a partition, loses
/// offsets that are sent to transactions, hides nothing from readers of committed records, and has no administration:
/// nothing about exactly-once can be shown on it.
///
/// Clients want `fetch.wait.max.ms` at 10 or less, since an empty fetch waits that long in full.
public final class KafkaMockCluster: Sendable {
  /// What a client's `bootstrap.servers` has to say.
  public let bootstrapServers: String

  private let handle: MockClusterHandle

  /// Starts brokers, numbered from 1.
  public init(brokers: Int = 1, observer: KafkaObserver = KafkaObserver()) throws(KafkaError) {
    handle = try MockClusterHandle(brokers: brokers, observer: observer)
    bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(handle.cluster))
  }

  /// Makes a topic.
  public func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws(KafkaError) {
    let code = rd_kafka_mock_topic_create(handle.cluster, name, Int32(partitions), Int32(replication))
    try KafkaError.check(code, .mockCluster)
  }

  /// Lets the next requests of a kind fail, one by one, with these errors.
  public func pushRequestErrors(_ request: Request, _ errors: [KafkaError.Code]) {
    let codes = errors.map { rd_kafka_resp_err_t($0.rawValue) }
    rd_kafka_mock_push_request_errors_array(handle.cluster, request.rawValue, codes.count, codes)
  }

  /// Forgets the errors pushed for a kind of request.
  public func clearRequestErrors(_ request: Request) {
    rd_kafka_mock_clear_request_errors(handle.cluster, request.rawValue)
  }

  /// Lets a broker's next request of a kind fail with this error, behind those that were pushed for it before.
  ///
  /// ``KafkaError/Code/transport`` closes the connection that the request comes on.
  public func pushRequestError(
    _ request: Request,
    _ error: KafkaError.Code,
    ofBroker broker: Int32
  ) throws(KafkaError) {
    let error = rd_kafka_resp_err_t(error.rawValue)
    try KafkaError.check(crdk_mock_push_error(handle.cluster, broker, request.rawValue, error), .mockCluster)
  }

  /// How many of the errors that were pushed for a broker's requests of a kind no request has met yet.
  public func pendingRequestErrors(_ request: Request, ofBroker broker: Int32) throws(KafkaError) -> Int {
    var count = 0
    let code = rd_kafka_mock_broker_error_stack_cnt(handle.cluster, broker, request.rawValue, &count)
    try KafkaError.check(code, .mockCluster)
    return count
  }

  /// Answers whoever asks for a topic's metadata with this error, until it is ``KafkaError/Code/none`` again.
  public func setMetadataError(_ error: KafkaError.Code, ofTopic topic: String) {
    rd_kafka_mock_topic_set_error(handle.cluster, topic, rd_kafka_resp_err_t(error.rawValue))
  }

  /// Closes a broker's connections and refuses new ones.
  public func setBrokerDown(_ broker: Int32) throws(KafkaError) {
    try KafkaError.check(rd_kafka_mock_broker_set_down(handle.cluster, broker), .mockCluster)
  }

  /// Lets a broker take connections again.
  public func setBrokerUp(_ broker: Int32) throws(KafkaError) {
    try KafkaError.check(rd_kafka_mock_broker_set_up(handle.cluster, broker), .mockCluster)
  }

  /// Makes a broker answer later.
  public func setRoundTrip(_ roundTrip: Duration, ofBroker broker: Int32) throws(KafkaError) {
    let code = rd_kafka_mock_broker_set_rtt(handle.cluster, broker, roundTrip.millisecondsForC)
    try KafkaError.check(code, .mockCluster)
  }

  /// Moves the coordinator of a group or of a transactional identifier to a broker.
  public func setCoordinator(_ coordinator: Coordinator, broker: Int32) throws(KafkaError) {
    let code =
      switch coordinator {
      case .group(let name): rd_kafka_mock_coordinator_set(handle.cluster, "group", name, broker)
      case .transaction(let name): rd_kafka_mock_coordinator_set(handle.cluster, "transaction", name, broker)
      }
    try KafkaError.check(code, .mockCluster)
  }

  /// Moves a partition's leader to a broker.
  public func setLeader(of partition: KafkaTopicPartition, broker: Int32) throws(KafkaError) {
    let code = rd_kafka_mock_partition_set_leader(handle.cluster, partition.topic, partition.partition, broker)
    try KafkaError.check(code, .mockCluster)
  }

  /// A coordinator, by what it coordinates.
  public enum Coordinator: Sendable, Hashable {
    /// Of a consumer group.
    case group(String)
    /// Of a transactional identifier.
    case transaction(String)
  }

  /// A kind of request, by the protocol's number.
  public struct Request: RawRepresentable, Hashable, Sendable {
    /// The protocol's number (API key).
    public var rawValue: Int16

    /// Wraps a number.
    public init(rawValue: Int16) {
      self.rawValue = rawValue
    }

    /// Writing records.
    public static let produce = Request(rawValue: 0)
    /// Reading records.
    public static let fetch = Request(rawValue: 1)
    /// Asking for offsets by time and for watermarks.
    public static let listOffsets = Request(rawValue: 2)
    /// Asking for topics and brokers.
    public static let metadata = Request(rawValue: 3)
    /// Committing a group's offsets.
    public static let offsetCommit = Request(rawValue: 8)
    /// Asking for a group's offsets.
    public static let offsetFetch = Request(rawValue: 9)
    /// Asking who coordinates.
    public static let findCoordinator = Request(rawValue: 10)
    /// Joining a group.
    public static let joinGroup = Request(rawValue: 11)
    /// A member's sign of life.
    public static let heartbeat = Request(rawValue: 12)
    /// Leaving a group.
    public static let leaveGroup = Request(rawValue: 13)
    /// Telling or learning a group's assignment.
    public static let syncGroup = Request(rawValue: 14)
    /// Asking what a broker can do.
    public static let apiVersions = Request(rawValue: 18)
    /// Taking over a transactional identifier.
    public static let initProducerID = Request(rawValue: 22)
    /// Adding partitions to a transaction.
    public static let addPartitionsToTransaction = Request(rawValue: 24)
    /// Adding a group's offsets to a transaction.
    public static let addOffsetsToTransaction = Request(rawValue: 25)
    /// Committing or aborting a transaction.
    public static let endTransaction = Request(rawValue: 26)
    /// Committing a group's offsets within a transaction.
    public static let transactionOffsetCommit = Request(rawValue: 28)
  }
}

/// The owner of an in-process cluster and of the client it runs in.
///
/// @unchecked Sendable: librdkafka's calls on a mock cluster are queued to, or locked against, the cluster's thread.
private struct MockClusterHandle: ~Copyable, @unchecked Sendable {
  let cluster: OpaquePointer
  private let client: ClientHandle

  init(brokers: Int, observer: KafkaObserver) throws(KafkaError) {
    let fixed = ["client.id": "mock-cluster"]
    let configuration = KafkaConfiguration()
    let client = try ClientHandle(
      RD_KAFKA_PRODUCER,
      defaults: [:],
      configuration: configuration,
      fixed: fixed,
      observer: observer
    )
    guard let cluster = rd_kafka_mock_cluster_new(client.rk, Int32(brokers)) else {
      throw KafkaError(.failed, operation: .mockCluster, detail: "no listener could be opened")
    }
    self.cluster = cluster
    self.client = client
  }

  deinit {
    // Before the client that it runs in, which is freed after this body.
    rd_kafka_mock_cluster_destroy(cluster)
  }
}
