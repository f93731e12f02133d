// SPDX-License-Identifier: Apache-2.0

public import Logging
import Synchronization

/// From which level on records are written, for all loggers that share it; may change while they log.
public final class LogThreshold: Sendable {
  private let index: Atomic<Int>

  /// A threshold.
  public init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

  /// The level.
  public var level: Logger.Level {
    get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int {
    guard let index = Logger.Level.allCases.firstIndex(of: level) else {
      preconditionFailure("every level is one of all levels")
    }
    return index
  }
}
