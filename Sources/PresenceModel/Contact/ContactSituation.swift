// SPDX-License-Identifier: Apache-2.0

/// Everything that the contact rules look at, as small values: one request at one moment.
///
/// The caller gathers these facts from its stores; `ContactRules.decide` turns them into an end. The texts of the
/// request have no part in it, so a situation costs no memory and can be written down in a test on one line.
public struct ContactSituation: Hashable, Sendable {
  /// The channels that a space offers.
  public struct Channels: OptionSet, Hashable, Sendable {
    /// The bits of the set.
    public let rawValue: UInt8
    /// A set of these bits.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The space's service `mail`.
    public static let mail = Channels(rawValue: 1)
    /// The space's service `im`.
    public static let im = Channels(rawValue: 2)
  }

  /// What is known of the recipient's presence.
  public enum Presence: Hashable, Sendable {
    /// Known, and not older than the rules allow.
    case fresh(PresenceState)
    /// Not known, or stale: somebody has to be asked, and was not yet.
    case needsLookup
    /// Somebody was asked and did not know. A request that comes back with a failure is this, whatever is in the cache
    /// but fresh: it is not asked for twice.
    case failed
    /// Somebody was asked and did not answer by the look-up's deadline.
    case outOfTime
  }

  /// How the person wants to reach the recipient.
  public var channel: ContactChannel
  /// Whether mail will do where IM cannot be.
  public var fallback = true
  /// Whether requester and recipient are the same user.
  public var isSelfContact = false
  /// Whether the portal has said that there is such a recipient.
  public var recipientKnown = true
  /// Whether the requester has run out of requests; see `RequestRateLimiter`.
  public var rateLimited = false
  /// Whether instant messaging and presence are switched on in the space.
  public var impEnabled = true
  /// The channels that the space offers; both where the request names no space.
  public var offered: Channels = [.mail, .im]
  /// Whether presence is switched on for the recipient, by the profile and by the configuration.
  public var presenceEnabled = true
  /// Whether the recipient has a mail address that passes `MailAddress.check`.
  public var hasRecipientMail = true
  /// Whether the request names a mail address of the requester that passes `MailAddress.check`.
  public var hasSenderMail = true
  /// Whether an agent claims the recipient's counting address and knows a client to open with it.
  public var imPossible = true
  /// What is known of the recipient's presence.
  public var presence: Presence = .needsLookup
  /// How much of the request's time is left.
  public var time: ContactTime = .enough

  /// A request for a channel, with nothing against it and nothing known of the recipient's presence.
  @inlinable
  public init(channel: ContactChannel) { self.channel = channel }
}
