// SPDX-License-Identifier: Apache-2.0

/// How the live readings of several devices become one state (presence rule 6).
public enum ReadingPolicy: String, CaseIterable, Sendable {
  /// busy > online > away > offline: whoever is busy on one device is not to be disturbed on another.
  case busyFirst
  /// online > busy > away > offline: whoever is free on one device can be reached.
  case mostAvailable
  /// The reading that was observed last.
  case latest

  /// Whether `challenger` wins over `holder`; where they rank alike, the later observation does.
  ///
  /// The order is total for readings with different times, so that the winner does not depend on the order of readings.
  @inlinable
  public func prefers(_ challenger: Reading, over holder: Reading) -> Bool {
    let challengerRank = rank(of: challenger.state)
    let holderRank = rank(of: holder.state)
    if challengerRank != holderRank { return challengerRank > holderRank }
    return challenger.observedAt > holder.observedAt
  }

  @inlinable
  func rank(of state: PresenceState) -> UInt8 {
    switch self {
    case .busyFirst: state.rawValue
    case .mostAvailable: state == .online ? 4 : state.rawValue
    case .latest: 0
    }
  }
}
