// SPDX-License-Identifier: Apache-2.0

/// What a portal's context menu may offer for a user.
@frozen
public struct ActionSet: OptionSet, Hashable, Sendable {
  /// The bits of the set.
  public let rawValue: UInt8

  /// A set of these bits.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `viewProfile`: show the user's profile.
  @inlinable public static var viewProfile: ActionSet { ActionSet(rawValue: 1) }
  /// `sendMail`: write a mail to the user.
  @inlinable public static var sendMail: ActionSet { ActionSet(rawValue: 2) }
  /// `sendInstantMessage`: start a chat with the user.
  @inlinable public static var sendInstantMessage: ActionSet { ActionSet(rawValue: 4) }
  /// `changeCredentials`: enter one's own credentials for the presence service; for one's own tag only.
  @inlinable public static var changeCredentials: ActionSet { ActionSet(rawValue: 8) }
}
