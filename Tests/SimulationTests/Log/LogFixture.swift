// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// A simulated log without faults, and short forms of what the rules' tests do with it.
///
/// Markers are written when a test says so, and members learn of rebalances at their next poll.
struct LogFixture {
  static let changes = LogPartition(.presenceChanges, 0)
  static let snapshots = LogPartition(.presenceSnapshots, 0)
  static let outcomes = LogPartition(.contactOutcomes, 0)

  let log: SimulatedLog

  init(partitions: Int32 = 1) {
    log = SimulatedLog(seed: 1, partitionCount: partitions)
    log.faults.earlyDelivery = 1
  }

  /// A process that has not connected.
  func host(_ name: String, instance: String? = nil, isTransactional: Bool = true) -> SimulatedHost {
    SimulatedHost(log: log, index: 0, name: name, instance: instance, isTransactional: isTransactional)
  }

  /// A client that has connected.
  func client(_ host: SimulatedHost) throws -> SimulatedLogClient {
    let client = host.makeClient()
    try client.connect()
    return client
  }

  /// Polls once, and answers what a rebalance wants: reads everything from its beginning, or gives everything up.
  @discardableResult
  func follow(_ client: SimulatedLogClient) throws -> LogRebalance? {
    let rebalance = try poll(client).rebalance
    switch rebalance {
    case .assigned(let partitions): try client.assign(partitions.map { LogPosition($0, offset: nil) })
    case .revoked: try client.unassign()
    case nil: break
    }
    return rebalance
  }

  /// What one poll gives.
  func poll(
    _ client: SimulatedLogClient
  ) throws -> (offsets: [Int64], ends: [LogPartition: Int64], rebalance: LogRebalance?) {
    var offsets: [Int64] = []
    var ends: [LogPartition: Int64] = [:]
    let rebalance = try client.poll(wait: .zero, limit: 100, onRecord: { offsets.append($0.offset) }) { ends[$0] = $1 }
    return (offsets, ends, rebalance)
  }

  /// The offsets that a second reader finds in a partition from its beginning, and the end that it is told.
  func read(_ client: SimulatedLogClient, _ partition: LogPartition) throws -> (offsets: [Int64], end: Int64?) {
    try client.assignReader([LogPosition(partition, offset: nil)])
    var offsets: [Int64] = []
    var end: Int64?
    for _ in 0..<20 where end == nil {
      try client.pollReader(wait: .zero, limit: 100, onRecord: { offsets.append($0.offset) }) { end = $1 }
    }
    return (offsets, end)
  }

  /// Produces a record within the running transaction.
  func produce(_ client: SimulatedLogClient, _ key: String, to partition: LogPartition = snapshots) throws {
    let headers = UnsafeBufferPointer<LogHeader>(start: nil, count: 0)
    try ByteView.withView(of: key) { key throws(LogFailure) in
      try client.produce(to: partition, key: key, value: key, headers: headers, timestamp: nil)
    }
    try client.makeRoom()
  }

  /// A position of the input.
  func at(_ offset: Int64) -> [LogPosition] { [LogPosition(LogFixture.changes, offset: offset)] }

  /// The recovery that a call's failure asks for; nil where it succeeds.
  func recovery(_ call: () throws -> Void) throws -> LogFailure.Recovery? {
    do {
      try call()
      return nil
    } catch let failure as LogFailure {
      return failure.recovery
    }
  }
}
