// SPDX-License-Identifier: Apache-2.0

/// What a portal's context menu may offer for a user.
public struct ActionSet: OptionSet, Hashable, Sendable {
  /// The bits of the set.
  public let rawValue: UInt8

  /// A set of these bits.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `viewProfile`: show the user's profile.
  public static let viewProfile = ActionSet(rawValue: 1)
  /// `sendMail`: write a mail to the user.
  public static let sendMail = ActionSet(rawValue: 2)
  /// `sendInstantMessage`: start a chat with the user.
  public static let sendInstantMessage = ActionSet(rawValue: 4)
  /// `changeCredentials`: enter one's own credentials for the presence service; for one's own tag only.
  public static let changeCredentials = ActionSet(rawValue: 8)
}
