// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// A wish to know the presence of one address by a deadline.
public struct PresenceNeed: Hashable, Sendable {
  /// Whose presence.
  public var address: IMAddress
  /// A call that started earlier than this does not do; a moment that has not come yet counts as now.
  public var notOlderThan: Timestamp
  /// When the one who asks wants to be told, whatever has happened by then.
  public var deadline: Timestamp
  /// Whether somebody waits for the answer; such needs go before those that only keep something fresh.
  public var isAwaited: Bool

  /// A need.
  public init(
    _ address: IMAddress,
    notOlderThan: Timestamp = .distantPast,
    deadline: Timestamp,
    isAwaited: Bool = false
  ) {
    self.address = address
    self.notOlderThan = notOlderThan
    self.deadline = deadline
    self.isAwaited = isAwaited
  }
}
