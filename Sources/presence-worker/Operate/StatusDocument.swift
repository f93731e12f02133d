// SPDX-License-Identifier: Apache-2.0

import AgentKit
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

  struct Bridge: Encodable, Sendable {
    var isMember: Bool
    var partitions: [Int32]
    var unreadPartitions: Int
    var waiting: Int
    var inFlight: Int
    var reconnects: Int
    var fault: String?
    var networks: [Network]
  }

  /// A network that tells by itself; a failure without its details, which may name somebody.
  struct Network: Encodable, Sendable {
    var agent: String
    var isConnected: Bool
    var watched: Int
    var active: Int
    var readings: UInt64
    var losses: UInt64
    var refusals: [String: UInt64]
    var published: [String: Int]
    var lastFailure: String?
  }

  var version: String
  var instance: String
  var roles: [String]
  var live: HealthReport
  var ready: HealthReport
  var spacesVersion: Int64?
  var lanes: [Lane]
  var resolver: Resolver?
  var bridge: Bridge?

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
        fault: lane.fault ?? lane.connectionFailure
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
    bridge = board.bridge.map(Bridge.init)
  }
}

extension StatusDocument.Bridge {
  init(_ status: BridgeStatus) {
    isMember = status.isReady
    partitions = status.partitions
    unreadPartitions = status.unreadPartitions
    waiting = status.waiting
    inFlight = status.inFlight
    reconnects = status.reconnects
    fault = status.fault
    networks = status.networks.map { network in
      StatusDocument.Network(
        agent: network.name,
        isConnected: network.live.isConnected,
        watched: network.live.watched,
        active: network.live.active,
        readings: network.live.readings,
        losses: network.live.losses,
        refusals: network.live.refusals,
        published: network.published,
        lastFailure: network.live.lastFailure.map { $0.description }
      )
    }
  }
}
