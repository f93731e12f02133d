// SPDX-License-Identifier: Apache-2.0

import Operations
import Worker

/// What `/status` says: how the worker is, for people.
struct StatusDocument: Encodable, Sendable {
  struct Lane: Encodable, Sendable {
    var lane: Int
    var phase: String
    var partitions: [Int32]
    var users: Int
    var storeBytes: Int
    var lag: Int64?
    var commits: Int
    var aborts: Int
    var fencings: Int
    var reconnects: Int
    var restore: Restore?
    var fault: String?
  }

  struct Restore: Encodable, Sendable {
    var read: Int64
    var expected: Int64
  }

  struct Resolver: Encodable, Sendable {
    var isMember: Bool
    var partitions: [Int32]
    var lag: Int64
    var underWay: Int
    var oldestSeconds: Double?
    var lookups: Int
    var answered: Int
    var failed: Int
    var foreignAgents: Int
    var reconnects: Int
    var fault: String?
  }

  var version: String
  var instance: String
  var roles: [String]
  var live: HealthReport
  var ready: HealthReport
  var spacesVersion: Int64?
  var lanes: [Lane]
  var resolver: Resolver?

  init(_ board: StatusBoard, _ health: WorkerHealth, _ configuration: WorkerConfiguration, now: Int64) {
    version = WorkerVersion.current
    instance = configuration.instance.label
    roles = configuration.roles.map(\.rawValue).sorted()
    live = HealthReport(reasons: health.livenessProblems)
    ready = HealthReport(reasons: health.readinessProblems)
    spacesVersion = board.spacesVersion
    lanes = board.lanes.sorted { $0.key < $1.key }.map { number, lane in
      Lane(
        lane: number,
        phase: lane.phase.rawValue,
        partitions: lane.partitions,
        users: lane.users,
        storeBytes: lane.storeBytes,
        lag: lane.lag,
        commits: lane.commits,
        aborts: lane.aborts,
        fencings: lane.fencings,
        reconnects: lane.reconnects,
        restore: lane.restore.map { Restore(read: $0.read, expected: $0.total) },
        fault: lane.fault
      )
    }
    resolver = board.resolver.map { status in
      Resolver(
        isMember: status.isReady,
        partitions: status.partitions,
        lag: status.lags.reduce(0) { $0 + $1.records },
        underWay: status.underWay,
        oldestSeconds: status.oldestSince.map { Double(max(0, now - $0)) / 1_000 },
        lookups: status.lookups,
        answered: status.answered,
        failed: status.failed,
        foreignAgents: status.foreignAgents,
        reconnects: status.reconnects,
        fault: status.fault
      )
    }
  }
}
