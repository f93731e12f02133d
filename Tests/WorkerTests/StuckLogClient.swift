// SPDX-License-Identifier: Apache-2.0

import Foundation
import PresenceModel
import Synchronization

@testable import Worker

/// A log whose first poll returns only when it is released, as a call of librdkafka's may.
final class StuckLogClient: LogClient {
  typealias Record = EnricherHarness.Record

  private let gate = DispatchSemaphore(value: 0)
  private let called: AsyncStream<Void>
  private let call: AsyncStream<Void>.Continuation
  private var isOpen = false

  init() { (called, call) = AsyncStream.makeStream(of: Void.self) }

  /// Returns when the poll hangs.
  func waitUntilCalled() async {
    var iterator = called.makeAsyncIterator()
    await iterator.next()
  }

  /// Lets the poll return, and all later ones.
  func release() { gate.signal() }

  func poll(
    wait: Duration,
    limit: Int,
    onRecord: (Record) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) -> LogRebalance? {
    call.yield()
    if !isOpen { gate.wait() }
    isOpen = true
    return nil
  }

  var isTransactional: Bool { true }
  var millisecondsSinceContact: Int64 { 0 }
  func connect() throws(LogFailure) {}
  func close(leaveGroup: Bool) {}
  func hurry(_ budget: Duration) {}
  func partitionCount() throws(LogFailure) -> Int32 { 1 }
  func assign(_ positions: [LogPosition]) throws(LogFailure) {}
  func unassign() throws(LogFailure) {}
  func committed(_ partitions: [LogPartition]) throws(LogFailure) -> [LogPosition] { [] }
  func begin() throws(LogFailure) {}
  func produce(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) throws(LogFailure) {}
  func makeRoom() throws(LogFailure) {}
  func commit(_ positions: [LogPosition]) throws(LogFailure) {}
  func abort() throws(LogFailure) {}
  func writtenUpTo(_ partition: LogPartition) -> Int64? { nil }
  func requestBounds(of partitions: [LogPartition], atTime: Timestamp?, token: UInt64) {}
  func takeBounds() -> LogBoundsAnswer? { nil }
  func assignReader(_ positions: [LogPosition]) throws(LogFailure) {}
  func pollReader(
    wait: Duration,
    limit: Int,
    onRecord: (Record) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) {}
}

/// A lane's clocks that a test sets.
final class TurnedClock: LaneClock {
  private let time: Mutex<Int64>

  init(monotonic: Int64) { time = Mutex(monotonic) }

  var monotonic: Int64 { time.withLock { $0 } }
  var wall: Timestamp { Timestamp(milliseconds: 1_795_335_330_123 + monotonic) }

  func set(_ monotonic: Int64) { time.withLock { $0 = monotonic } }
}
