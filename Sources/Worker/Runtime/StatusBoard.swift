// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the threads of a worker last said of themselves; written a few times a second, read by health, metrics and the
/// terminal.
public final class StatusBoard: Sendable {
  private struct State {
    var lanes: [Int: LaneStatus] = [:]
    var laneHeartbeats: [Int: Heartbeat] = [:]
    var resolver: ResolverStatus?
    var resolverHeartbeat: Heartbeat?
    var bridge: BridgeStatus?
    var bridgeHeartbeat: Heartbeat?
    var spacesVersion: Int64?
  }

  private let state = Mutex(State())

  /// The vital signs of the Kafka clients.
  public let clients = ClientVitals()

  /// A board on which nothing stands.
  public init() {}

  /// The lanes by number.
  public var lanes: [Int: LaneStatus] { state.withLock { $0.lanes } }
  /// When the lanes last came round (monotonic milliseconds), by number; none for those that have not begun or have
  /// ended.
  public var laneHeartbeats: [Int: Int64] { state.withLock { $0.laneHeartbeats.compactMapValues(\.last) } }
  /// The resolver; nil where the process has none.
  public var resolver: ResolverStatus? { state.withLock { $0.resolver } }
  /// When the resolver last came round (monotonic milliseconds); nil before it begins and after it has ended.
  public var resolverHeartbeat: Int64? { state.withLock { $0.resolverHeartbeat?.last } }
  /// The bridge; nil where the process has none.
  public var bridge: BridgeStatus? { state.withLock { $0.bridge } }
  /// When the bridge last came round (monotonic milliseconds); nil before it begins and after it has ended.
  public var bridgeHeartbeat: Int64? { state.withLock { $0.bridgeHeartbeat?.last } }
  /// The version of the table of spaces; nil until it was read whole.
  public var spacesVersion: Int64? { state.withLock { $0.spacesVersion } }

  func set(_ status: LaneStatus, lane: Int) { state.withLock { $0.lanes[lane] = status } }
  func set(_ status: ResolverStatus) { state.withLock { $0.resolver = status } }
  func set(_ status: BridgeStatus) { state.withLock { $0.bridge = status } }
  func set(spacesVersion: Int64) { state.withLock { $0.spacesVersion = spacesVersion } }

  /// Adds a lane that is about to begin, and returns the heartbeat that is watched.
  func addLane(_ number: Int) -> Heartbeat {
    let heartbeat = Heartbeat()
    state.withLock { state in
      state.lanes[number] = LaneStatus()
      state.laneHeartbeats[number] = heartbeat
    }
    return heartbeat
  }

  /// Adds the resolver, which is about to begin, and returns the heartbeat that is watched.
  func addResolver() -> Heartbeat {
    let heartbeat = Heartbeat()
    state.withLock { state in
      state.resolver = ResolverStatus()
      state.resolverHeartbeat = heartbeat
    }
    return heartbeat
  }

  /// Adds the bridge, which is about to begin, and returns the heartbeat that is watched.
  func addBridge() -> Heartbeat {
    let heartbeat = Heartbeat()
    state.withLock { state in
      state.bridge = BridgeStatus()
      state.bridgeHeartbeat = heartbeat
    }
    return heartbeat
  }
}
