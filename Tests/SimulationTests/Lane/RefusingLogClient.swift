// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// What a test lets the clients of a log refuse, and how often they were asked.
final class Refusals {
  /// No transaction can be committed, as where a broker takes no record of a topic.
  var commits = false
  /// The topics differ in their counts of partitions.
  var counts = false
  /// No commit works, and nobody is let in again: the log is not there.
  var everything = false
  /// Commits that were refused, counts and connections.
  private(set) var refused = 0

  func refuse(_ isRefused: Bool, _ failure: LogFailure) throws(LogFailure) {
    guard isRefused else { return }
    refused += 1
    throw failure
  }
}

/// A client of the simulated log that refuses what a test says.
final class RefusingLogClient: LogClient {
  private let log: SimulatedLogClient
  private let refusals: Refusals

  init(_ log: SimulatedLogClient, _ refusals: Refusals) {
    self.log = log
    self.refusals = refusals
  }

  func connect() throws(LogFailure) {
    try refusals.refuse(refusals.everything, LogFailure(.discardClient, "all brokers are down"))
    try log.connect()
  }

  func commit(_ positions: [LogPosition]) throws(LogFailure) {
    try refusals.refuse(refusals.everything, LogFailure(.discardClient, "all brokers are down"))
    try refusals.refuse(refusals.commits, LogFailure(.abortTransaction, "MSG_SIZE_TOO_LARGE"))
    try log.commit(positions)
  }

  func partitionCount() throws(LogFailure) -> Int32 {
    try refusals.refuse(refusals.counts, .misfit("one has 5 partitions and another has 4"))
    return try log.partitionCount()
  }

  // Everything else is the simulated log's.

  var isTransactional: Bool { log.isTransactional }
  var millisecondsSinceContact: Int64 { log.millisecondsSinceContact }
  func close(leaveGroup: Bool) { log.close(leaveGroup: leaveGroup) }
  func hurry(_ budget: Duration) { log.hurry(budget) }
  func assign(_ positions: [LogPosition]) throws(LogFailure) { try log.assign(positions) }
  func unassign() throws(LogFailure) { try log.unassign() }
  func committed(_ partitions: [LogPartition]) throws(LogFailure) -> [LogPosition] { try log.committed(partitions) }
  func begin() throws(LogFailure) { try log.begin() }
  func makeRoom() throws(LogFailure) { try log.makeRoom() }
  func abort() throws(LogFailure) { try log.abort() }
  func writtenUpTo(_ partition: LogPartition) -> Int64? { log.writtenUpTo(partition) }
  func takeBounds() -> LogBoundsAnswer? { log.takeBounds() }
  func assignReader(_ positions: [LogPosition]) throws(LogFailure) { try log.assignReader(positions) }

  func requestBounds(of partitions: [LogPartition], atTime: Timestamp?, token: UInt64) {
    log.requestBounds(of: partitions, atTime: atTime, token: token)
  }

  func produce(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) throws(LogFailure) {
    try log.produce(to: partition, key: key, value: value, headers: headers, timestamp: timestamp)
  }

  func poll(
    wait: Duration,
    limit: Int,
    onRecord: (SimulatedLogClient.Record) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) -> LogRebalance? {
    try log.poll(wait: wait, limit: limit, onRecord: onRecord, onEnd: onEnd)
  }

  func pollReader(
    wait: Duration,
    limit: Int,
    onRecord: (SimulatedLogClient.Record) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) {
    try log.pollReader(wait: wait, limit: limit, onRecord: onRecord, onEnd: onEnd)
  }
}
