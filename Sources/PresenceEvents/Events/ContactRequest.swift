// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// An event of `contact.requests`: somebody wants to reach somebody.
///
/// The texts are borrowed from the decoder's buffers and valid until its next call; empty means absent.
public struct ContactRequest {
  /// Who asks; the sender's facts come from here alone.
  public struct Requester {
    /// The portal's name of the requester; not empty.
    public var user: ByteView
    /// How the requester is called.
    public var displayName: ByteView = .empty
    /// The requester's mail address.
    public var mail: ByteView = .empty
    /// Whether the portal holds the credentials of the requester's mail account.
    public var mailCredentials: MailCredentials = .stored
    /// Whether the mail is written in the portal or in a local client.
    public var mailClient: MailClient = .portal

    /// A requester of the mandatory part.
    public init(user: ByteView) { self.user = user }
  }

  /// Whether the portal holds the credentials of a mail account.
  public enum MailCredentials: UInt8, CaseIterable, Sendable { case stored, required }
  /// Where a mail is written.
  public enum MailClient: UInt8, CaseIterable, Sendable { case portal, local }
  /// How somebody wants to reach somebody.
  public typealias Channel = ContactChannel

  /// Where in the portal the request came from.
  public struct Context {
    /// The service, such as `discussions`, `documents` or `mail`.
    public var service: ByteView
    /// The title of the topic, document or mail.
    public var title: ByteView
    /// Its URL, `http` or `https`; empty where there is none.
    public var url: ByteView

    /// A context of its parts.
    public init(service: ByteView, title: ByteView, url: ByteView) {
      self.service = service
      self.title = title
      self.url = url
    }
  }

  /// What the resolver found out for a request that waited: a reading or a failure.
  public struct Resolution {
    /// The address that was looked up.
    public var imAddress: ByteView
    /// The agent that was asked; empty where none was.
    public var source: ByteView
    /// The state; nil where the look-up failed.
    public var state: PresenceState?
    /// The status message.
    public var statusMessage: ByteView = .empty
    /// The moment of the agent's call.
    public var observedAt: Timestamp
    /// For how long the state is fresh, in seconds; zero for the default.
    public var validForSeconds: Int32 = 0
    /// Why there is no state.
    public var failure: LookupFailure?

    /// A resolution of its mandatory parts.
    public init(imAddress: ByteView, source: ByteView, observedAt: Timestamp) {
      self.imAddress = imAddress
      self.source = source
      self.observedAt = observedAt
    }
  }

  /// The portal's id of the request; unique per recipient; not empty.
  public var id: ByteView
  /// Who asks.
  public var requester: Requester
  /// The user to be reached; not empty.
  public var recipient: ByteView
  /// How.
  public var channel: Channel
  /// Whether mail will do where IM cannot be.
  public var fallback = true
  /// The subject of a mail, at most 255 characters.
  public var subject: ByteView = .empty
  /// The text, at most 256 KiB.
  public var body: ByteView = .empty
  /// Where in the portal it came from.
  public var context: Context?
  /// The space in which the requester is.
  public var space: ByteView = .empty
  /// What ties the requests of one action together.
  public var groupID: ByteView = .empty
  /// When the person asked.
  public var requestedAt: Timestamp
  /// After how many seconds the request is of no more use; nil for the channel's default.
  public var expiresInSeconds: Int32?
  /// What the resolver found out, when it sends the request on.
  public var resolution: Resolution?

  /// A request of its mandatory parts.
  public init(id: ByteView, requester: Requester, recipient: ByteView, channel: Channel, requestedAt: Timestamp) {
    self.id = id
    self.requester = requester
    self.recipient = recipient
    self.channel = channel
    self.requestedAt = requestedAt
  }
}
