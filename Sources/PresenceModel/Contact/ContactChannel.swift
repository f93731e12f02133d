// SPDX-License-Identifier: Apache-2.0

/// How somebody wants to reach somebody.
@frozen
public enum ContactChannel: UInt8, CaseIterable, Sendable {
  /// Whichever suits the recipient's presence.
  case auto
  /// A mail, whatever the presence.
  case mail
  /// An instant message, while the recipient is there.
  case im
}
