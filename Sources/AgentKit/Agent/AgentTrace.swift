// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What an agent asked and what came back, step by step, for `presence-worker lookup`.
///
/// An agent notes its steps with `AgentTrace.note`; that costs next to nothing unless somebody listens. Notes may name
/// addresses, but never a secret: an agent leaves out credentials.
public final class AgentTrace: Sendable {
  /// The trace of the task that listens.
  @TaskLocal public static var current: AgentTrace?

  private let notes = Mutex<[String]>([])

  /// A trace without steps.
  public init() {}

  /// The steps so far.
  public var steps: [String] { notes.withLock { $0 } }

  /// Notes a step, if somebody listens.
  public static func note(_ step: @autoclosure () -> String) {
    guard let current else { return }
    let step = step()
    current.notes.withLock { $0.append(step) }
  }
}
