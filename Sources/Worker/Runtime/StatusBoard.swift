// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the threads of a worker last said of themselves; written a few times a second, read by health, metrics and the
/// terminal.
public final class StatusBoard: Sendable {
  private struct State {
    var lanes: [Int: LaneStatus] = [:]
    var resolver: ResolverStatus?
    var spacesVersion: Int64?
  }

  private let state = Mutex(State())

  /// A board on which nothing stands.
  public init() {}

  /// The lanes by number.
  public var lanes: [Int: LaneStatus] { state.withLock { $0.lanes } }
  /// The resolver; nil where the process has none.
  public var resolver: ResolverStatus? { state.withLock { $0.resolver } }
  /// The version of the table of spaces; nil until it was read whole.
  public var spacesVersion: Int64? { state.withLock { $0.spacesVersion } }

  /// Whether every part of the worker is joined and restored.
  public var isReady: Bool {
    state.withLock { state in
      state.lanes.values.allSatisfy(\.isReady) && (state.resolver?.isReady ?? true)
        && (state.lanes.isEmpty || state.spacesVersion != nil)
    }
  }

  func set(_ status: LaneStatus, lane: Int) { state.withLock { $0.lanes[lane] = status } }
  func set(_ status: ResolverStatus) { state.withLock { $0.resolver = status } }
  func set(spacesVersion: Int64) { state.withLock { $0.spacesVersion = spacesVersion } }
}
