// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A client's vital signs, taken from librdkafka's statistics.
///
/// Counters grow from the client's creation on. The lag is deliberately not among them: librdkafka does not know of
/// offsets that are committed in transactions.
public struct KafkaStatistics: Sendable, Equatable {
  /// The client's name, such as `worker-1#producer-2`.
  public var name: String

  /// Operations (callbacks, events) that wait for a poll.
  public var waitingOperations: Int

  /// Records in the producer's queues.
  public var queuedRecords: Int

  /// Bytes in the producer's queues.
  public var queuedBytes: Int

  /// Records written.
  public var recordsWritten: Int

  /// Records read.
  public var recordsRead: Int

  /// Bytes of records written.
  public var bytesWritten: Int

  /// Bytes of records read.
  public var bytesRead: Int

  /// The brokers, by librdkafka's name for them.
  public var brokers: [String: Broker]

  /// Records fetched and not yet visited, over all partitions.
  public var prefetchedRecords: Int

  /// The consumer's group; nil for a producer.
  public var group: Group?

  /// The transactional producer's state, such as `Ready` or `InTransaction`; nil for others.
  public var transactionState: String?

  /// A connection to a broker.
  public struct Broker: Sendable, Equatable {
    /// librdkafka's word for the connection's state; `UP` is the good one.
    public var state: String

    /// Requests that wait to be sent.
    public var waitingRequests: Int

    /// Requests that wait for their answer.
    public var unansweredRequests: Int

    /// Errors while sending.
    public var sendErrors: Int

    /// Errors while receiving.
    public var receiveErrors: Int

    /// Requests without an answer in time.
    public var timedOutRequests: Int

    /// Connections made.
    public var connects: Int

    /// Connections lost.
    public var disconnects: Int

    /// Requests that were sent again.
    public var retries: Int

    /// The mean round trip of the last interval.
    public var roundTrip: Duration

    /// The 99th percentile of the round trip in the last interval.
    public var roundTrip99: Duration
  }

  /// The state of a membership.
  public struct Group: Sendable, Equatable {
    /// librdkafka's word for the connection to the coordinator; `up` is the good one.
    public var state: String

    /// librdkafka's word for the membership; `steady` is the good one.
    public var joinState: String

    /// Rebalances so far.
    public var rebalances: Int

    /// The number of partitions that the group has assigned; 0 for a reader.
    public var assignedPartitions: Int
  }
}

extension KafkaStatistics {
  /// Reads librdkafka's document.
  static func decode(_ json: UnsafeRawBufferPointer) -> Result<KafkaStatistics, KafkaError> {
    do {
      return .success(KafkaStatistics(try JSONDecoder().decode(Document.self, from: Data(json))))
    } catch {
      return .failure(KafkaError(.badMessage, operation: .statistics, detail: String(describing: error)))
    }
  }

  private init(_ document: Document) {
    name = document.name
    waitingOperations = document.replyq
    queuedRecords = document.msg_cnt
    queuedBytes = document.msg_size
    recordsWritten = document.txmsgs
    recordsRead = document.rxmsgs
    bytesWritten = document.txmsg_bytes
    bytesRead = document.rxmsg_bytes
    brokers = document.brokers.mapValues { Broker($0) }
    prefetchedRecords = document.topics.values.reduce(0) { sum, topic in
      sum + topic.partitions.values.reduce(0) { $0 + $1.fetchq_cnt }
    }
    group = document.cgrp.map {
      Group(
        state: $0.state,
        joinState: $0.join_state,
        rebalances: $0.rebalance_cnt,
        assignedPartitions: $0.assignment_size
      )
    }
    transactionState = document.eos?.txn_state
  }

  // librdkafka's own names, as its STATISTICS.md has them.
  fileprivate struct Document: Decodable {
    struct Broker: Decodable {
      struct Window: Decodable {
        var avg: Int64
        var p99: Int64
      }
      var state: String
      var outbuf_cnt: Int
      var waitresp_cnt: Int
      var txerrs: Int
      var rxerrs: Int
      var req_timeouts: Int
      var connects: Int
      var disconnects: Int
      var txretries: Int
      var rtt: Window
    }
    struct Topic: Decodable {
      struct Partition: Decodable {
        var fetchq_cnt: Int
      }
      var partitions: [String: Partition]
    }
    struct Group: Decodable {
      var state: String
      var join_state: String
      var rebalance_cnt: Int
      var assignment_size: Int
    }
    struct Transactions: Decodable {
      var txn_state: String?
    }
    var name: String
    var replyq: Int
    var msg_cnt: Int
    var msg_size: Int
    var txmsgs: Int
    var rxmsgs: Int
    var txmsg_bytes: Int
    var rxmsg_bytes: Int
    var brokers: [String: Broker]
    var topics: [String: Topic]
    var cgrp: Group?
    var eos: Transactions?
  }
}

extension KafkaStatistics.Broker {
  fileprivate init(_ broker: KafkaStatistics.Document.Broker) {
    state = broker.state
    waitingRequests = broker.outbuf_cnt
    unansweredRequests = broker.waitresp_cnt
    sendErrors = broker.txerrs
    receiveErrors = broker.rxerrs
    timedOutRequests = broker.req_timeouts
    connects = broker.connects
    disconnects = broker.disconnects
    retries = broker.txretries
    roundTrip = .microseconds(broker.rtt.avg)
    roundTrip99 = .microseconds(broker.rtt.p99)
  }
}
