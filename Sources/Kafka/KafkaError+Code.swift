// SPDX-License-Identifier: Apache-2.0

import CRdKafka

extension KafkaError {
  /// An error code of librdkafka or of a broker.
  ///
  /// Open: a code without a constant here is still a valid code, with its number and its name.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// librdkafka's number.
    public var rawValue: Int32

    /// Wraps librdkafka's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    init(_ code: rd_kafka_resp_err_t) {
      self.rawValue = code.rawValue
    }

    /// librdkafka's name for the code and its number, such as `NOT_COORDINATOR (16)`.
    public var description: String {
      "\(String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue)))) (\(rawValue))"
    }

    /// No error.
    public static let none = Code(RD_KAFKA_RESP_ERR_NO_ERROR)

    // The client's own.

    /// The client is closed or being destroyed.
    public static let destroyed = Code(RD_KAFKA_RESP_ERR__DESTROY)
    /// Something of librdkafka failed that has no code.
    public static let failed = Code(RD_KAFKA_RESP_ERR__FAIL)
    /// A connection broke.
    public static let transport = Code(RD_KAFKA_RESP_ERR__TRANSPORT)
    /// No broker is connected.
    public static let allBrokersDown = Code(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    /// An argument or a property is wrong.
    public static let invalidArgument = Code(RD_KAFKA_RESP_ERR__INVALID_ARG)
    /// The call took longer than it was given.
    public static let timedOut = Code(RD_KAFKA_RESP_ERR__TIMED_OUT)
    /// A record was not delivered within `message.timeout.ms`.
    public static let messageTimedOut = Code(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    /// The producer's queue is full: poll for delivery reports, then produce again.
    public static let queueFull = Code(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    /// The partition does not exist.
    public static let unknownPartition = Code(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    /// The topic does not exist.
    public static let unknownTopic = Code(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    /// The call does not fit the client's state.
    public static let state = Code(RD_KAFKA_RESP_ERR__STATE)
    /// Another call is under way.
    public static let conflict = Code(RD_KAFKA_RESP_ERR__CONFLICT)
    /// The previous call of the same kind is under way.
    public static let previousInProgress = Code(RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS)
    /// There was no offset to commit.
    public static let noOffset = Code(RD_KAFKA_RESP_ERR__NO_OFFSET)
    /// The group's coordinator is not known yet.
    public static let waitingForCoordinator = Code(RD_KAFKA_RESP_ERR__WAIT_COORD)
    /// The record was purged before it was sent.
    public static let purgedInQueue = Code(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    /// The record was purged while it was being sent; nobody knows whether it arrived.
    public static let purgedInFlight = Code(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    /// The client has had a fatal error.
    public static let fatal = Code(RD_KAFKA_RESP_ERR__FATAL)
    /// `max.poll.interval.ms` passed without a poll; the member has left its group.
    public static let maxPollExceeded = Code(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
    /// Another producer has taken over the transactional identifier.
    public static let fenced = Code(RD_KAFKA_RESP_ERR__FENCED)
    /// The assignment was lost.
    public static let assignmentLost = Code(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST)
    /// There is no committed offset, or it is out of range, and no reset is allowed.
    public static let autoOffsetReset = Code(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    /// The broker cannot do that.
    public static let unsupportedFeature = Code(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
    /// A message could not be read.
    public static let badMessage = Code(RD_KAFKA_RESP_ERR__BAD_MSG)
    /// Authentication failed.
    public static let authentication = Code(RD_KAFKA_RESP_ERR__AUTHENTICATION)

    // A broker's.

    /// The offset is not in the log.
    public static let offsetOutOfRange = Code(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
    /// The topic or the partition does not exist.
    public static let unknownTopicOrPartition = Code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    /// The partition has no leader at the moment.
    public static let leaderNotAvailable = Code(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    /// The broker does not lead the partition.
    public static let notLeaderForPartition = Code(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    /// The broker did not answer in its own time limit.
    public static let requestTimedOut = Code(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
    /// The record is larger than allowed.
    public static let messageTooLarge = Code(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    /// The coordinator is loading its state.
    public static let coordinatorLoadInProgress = Code(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS)
    /// There is no coordinator at the moment.
    public static let coordinatorNotAvailable = Code(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE)
    /// The broker is not the coordinator.
    public static let notCoordinator = Code(RD_KAFKA_RESP_ERR_NOT_COORDINATOR)
    /// The member's generation is over: its partitions are somebody else's.
    public static let illegalGeneration = Code(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
    /// The group does not know the member.
    public static let unknownMember = Code(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
    /// The group is rebalancing.
    public static let rebalanceInProgress = Code(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
    /// Another member has the same `group.instance.id`.
    public static let fencedInstance = Code(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    /// The topic's access control forbids it.
    public static let topicAuthorizationFailed = Code(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    /// The group's access control forbids it.
    public static let groupAuthorizationFailed = Code(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    /// The topic exists already.
    public static let topicAlreadyExists = Code(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    /// The producer's epoch is over: it is fenced.
    public static let invalidProducerEpoch = Code(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
    /// Another producer has the transactional identifier now.
    public static let producerFenced = Code(RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
    /// The coordinator has another transaction state in mind.
    public static let invalidTransactionState = Code(RD_KAFKA_RESP_ERR_INVALID_TXN_STATE)
    /// The previous transaction is still being completed.
    public static let concurrentTransactions = Code(RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS)
    /// A transaction has offsets of the partition that are not stable yet.
    public static let unstableOffsetCommit = Code(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
    /// The broker wants fewer requests.
    public static let throttlingQuotaExceeded = Code(RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED)
    /// Too few replicas are in sync to take the record.
    public static let notEnoughReplicas = Code(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS)
    /// The connection broke before the broker's answer.
    public static let networkException = Code(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION)
  }
}
