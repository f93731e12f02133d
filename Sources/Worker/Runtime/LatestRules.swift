// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The newest rules of the lanes; one per process, which lanes look at between transactions.
final class LatestRules: Sendable {
  private let state: Mutex<LaneRules?>

  init() { state = Mutex(nil) }

  /// The newest rules; nil where the configuration has not changed since the start.
  var rules: LaneRules? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
