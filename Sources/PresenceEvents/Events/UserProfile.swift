// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// An event of `user.profiles`: what the portal knows of a user. A null value in the topic deletes the user instead.
///
/// The texts are borrowed from the decoder's buffers and valid until its next call; empty means absent.
public struct UserProfile {
  /// The portal's name of the user; not empty.
  public var user: ByteView
  /// How the user is called.
  public var displayName: ByteView = .empty
  /// The mail address.
  public var mail: ByteView = .empty
  /// The address on the enterprise's presence server.
  public var enterpriseAddress: ByteView = .empty
  /// The address that the user chose in place of the enterprise's.
  public var networkAddress: ByteView = .empty
  /// The display name that goes with `networkAddress`.
  public var networkDisplayName: ByteView = .empty
  /// Whether presence is switched on for the user.
  public var presenceEnabled = true
  /// When the portal changed it; an older one than the known is dropped.
  public var updatedAt: Timestamp?

  /// A profile of its mandatory part.
  public init(user: ByteView) {
    self.user = user
  }
}

/// An event of `portal.spaces`: what one space of the portal offers. A null value in the topic removes the space.
public struct PortalSpace {
  /// The services that a space may offer.
  public struct Services: OptionSet, Sendable {
    /// The bits of the set.
    public let rawValue: UInt8
    /// A set of these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `profile`
    public static let profile = Services(rawValue: 1)
    /// `mail`
    public static let mail = Services(rawValue: 2)
    /// `im`
    public static let im = Services(rawValue: 4)
  }

  /// The space's name; not empty.
  public var space: ByteView
  /// Whether instant messaging and presence are offered there at all.
  public var impEnabled: Bool
  /// The services that are offered there; unknown names are ignored.
  public var services: Services

  /// A space of its parts.
  public init(space: ByteView, impEnabled: Bool, services: Services) {
    self.space = space
    self.impEnabled = impEnabled
    self.services = services
  }
}
