// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// A record that was read from a log; its views are valid only inside of the call that it is handed to.
public protocol LogRecord {
  /// The partition that it was read from.
  var partition: LogPartition { get }
  /// Its offset.
  var offset: Int64 { get }
  /// The log's time of it.
  var timestamp: Timestamp { get }
  /// The key; nil for a null key.
  var key: ByteView? { get }
  /// The value; nil for a null value, a tombstone in a compacted topic.
  var value: ByteView? { get }
  /// What is handed over next, where the log knows.
  var next: LogSuccessor? { get }
  /// Calls `body` with the name and the value of each header, in order; nil for a null value.
  func forEachHeader(_ body: (_ name: ByteView, _ value: ByteView?) -> Void)
}

extension LogRecord {
  /// Nothing is known.
  public var next: LogSuccessor? { nil }
}

/// Of whom the next record will be, a moment before it is handed over: what memory that takes can be asked for.
///
/// A hint: the record may not be handed over at all.
public struct LogSuccessor {
  /// The number of its partition.
  public var partition: Int32
  /// Its key.
  public var key: ByteView

  /// A successor of its parts.
  public init(partition: Int32, key: ByteView) {
    self.partition = partition
    self.key = key
  }
}

/// A header that goes out, nil for a null value; the views are valid during the call that takes it.
public typealias LogHeader = (name: ByteView, value: ByteView?)

/// What a rebalance wants of the lane; the log waits until the lane has answered.
public enum LogRebalance: Equatable, Sendable {
  /// These partitions are the lane's from now on: answered by `assign`.
  case assigned([LogPartition])
  /// The lane's partitions go away: answered by `unassign`. `lost` means that they are somebody else's already, so
  /// that nothing may be committed for them any more.
  case revoked(lost: Bool)
}

/// Where a partition ends, and where it was at a moment.
public struct LogBounds: Hashable, Sendable {
  /// The partition.
  public var partition: LogPartition
  /// The high watermark, open and aborted transactions included.
  public var high: Int64
  /// The offset of the first record at or after the moment that was asked for; nil where the log cannot answer or no
  /// moment was given.
  public var atTime: Int64?

  /// Bounds of their parts.
  public init(partition: LogPartition, high: Int64, atTime: Int64? = nil) {
    self.partition = partition
    self.high = high
    self.atTime = atTime
  }
}

/// An answer to `requestBounds`.
public struct LogBoundsAnswer: Sendable {
  /// The token of the request.
  public var token: UInt64
  /// The bounds in the order of the request; nil where the log could not be reached in time.
  public var bounds: [LogBounds]?

  /// An answer of its parts.
  public init(token: UInt64, bounds: [LogBounds]?) {
    self.token = token
    self.bounds = bounds
  }
}

/// What went wrong with a log, and what the lane does about it.
public struct LogFailure: Error, Sendable {
  /// What the lane does next.
  public enum Recovery: Sendable {
    /// Call again a little later: a full queue, a coordinator that moves.
    case retry
    /// Abort the transaction, roll the state back and read on from the committed offsets.
    case abortTransaction
    /// Give up the clients and make new ones: fenced, or nobody knows whether the transaction was committed.
    case discardClient
  }

  /// What to do next.
  public var recovery: Recovery
  /// Whether a newer producer of the same transactional id fenced this one.
  public var isFenced: Bool
  /// Whether the record that was to be produced is larger than the log takes; nothing else is wrong then.
  public var isTooLarge: Bool
  /// Whether the topics do not fit together, which only people can mend.
  public private(set) var isMisfit = false
  /// What happened, without personal data.
  public var message: String

  /// A failure of its parts.
  public init(_ recovery: Recovery, isFenced: Bool = false, isTooLarge: Bool = false, _ message: String) {
    self.recovery = recovery
    self.isFenced = isFenced
    self.isTooLarge = isTooLarge
    self.message = message
  }

  /// Topics that do not fit together: one is missing, or has another count of partitions.
  public static func misfit(_ message: String) -> LogFailure {
    var failure = LogFailure(.discardClient, message)
    failure.isMisfit = true
    return failure
  }
}

/// What a lane needs of a log: a group consumer, a producer, and a second reader without a group for restoring.
///
/// `KafkaLogClient` is the real one; the tests have a simulated log. All calls come from the lane's one thread, block
/// for a bounded time at the most, and never call back into the lane except through the closures of the poll calls.
///
/// A client lives from `connect` to `close`; after a failure whose recovery is `discardClient` only `close` is called.
public protocol LogClient: AnyObject {
  /// The records that it reads.
  associatedtype Record: LogRecord

  /// Whether outputs and offsets are committed together. Where they are not, `begin` and `abort` do nothing, and
  /// `commit` waits for the outputs' acknowledgements and then commits the offsets.
  var isTransactional: Bool { get }

  /// Joins the group with the enricher's inputs and, where transactional, initialises the producer, which ends whatever
  /// an earlier producer of the same transactional id left open.
  func connect() throws(LogFailure)
  /// Leaves the log. `leaveGroup` tells a rolling restart (false: the partitions wait for us) from a scale-down.
  func close(leaveGroup: Bool)

  /// From now on the calls together wait no longer than that, for a lane that is being stopped.
  func hurry(_ budget: Duration)

  /// The number of partitions of the co-partitioned topics; throws where they differ or a topic is missing.
  func partitionCount() throws(LogFailure) -> Int32

  /// Waits up to `wait` for a first record, then hands over what is there, up to `limit` records.
  ///
  /// - Parameters:
  ///   - onRecord: gets each record.
  ///   - onEnd: gets the position of a partition whose end was reached; it may lie behind commit markers and aborted
  ///     records.
  /// - Returns: a rebalance, which ends the call early. Until it is answered the call returns no records.
  func poll(
    wait: Duration,
    limit: Int,
    onRecord: (Record) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) -> LogRebalance?

  /// Milliseconds since the group's brokers were last known to answer.
  var millisecondsSinceContact: Int64 { get }

  /// Answers `.assigned`, or changes what is read of the assignment: reads these partitions from these positions, and
  /// no others. What was prefetched is dropped. Takes the group's metadata where it answers a rebalance.
  func assign(_ positions: [LogPosition]) throws(LogFailure)
  /// Answers `.revoked`.
  func unassign() throws(LogFailure)
  /// The group's committed positions, stable as of KIP-447: offsets of open transactions are waited for. Fails with
  /// `retry` while there are any.
  func committed(_ partitions: [LogPartition]) throws(LogFailure) -> [LogPosition]

  /// Begins a transaction.
  func begin() throws(LogFailure)
  /// Queues a record of the running transaction. `retry` means that the queue is full: `makeRoom` and call again.
  func produce(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) throws(LogFailure)
  /// Waits a little for acknowledgements.
  func makeRoom() throws(LogFailure)
  /// Commits the outputs since `begin` and these positions of the inputs as one, fenced by the group's generation.
  ///
  /// After a return without error everything is durable, and `writtenUpTo` tells where.
  func commit(_ positions: [LogPosition]) throws(LogFailure)
  /// Takes back the outputs since `begin`.
  func abort() throws(LogFailure)
  /// The offset behind the last record that this client wrote to a partition and knows to be there.
  func writtenUpTo(_ partition: LogPartition) -> Int64?

  /// Asks for the bounds of partitions without blocking; `takeBounds` gives the answer once it is there.
  func requestBounds(of partitions: [LogPartition], atTime: Timestamp?, token: UInt64)
  /// The next answer to a `requestBounds`.
  func takeBounds() -> LogBoundsAnswer?

  /// Lets the second reader read these partitions from these positions; an empty list ends its reading.
  func assignReader(_ positions: [LogPosition]) throws(LogFailure)
  /// Like `poll`, with the second reader, which reads only what is committed.
  func pollReader(
    wait: Duration,
    limit: Int,
    onRecord: (Record) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure)
}
