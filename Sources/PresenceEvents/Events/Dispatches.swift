// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// An event of `mail.dispatches`: a mail service is to send, or the portal to compose, this mail.
public struct MailDispatch {
  /// Why it became mail.
  public typealias Reason = MailReason

  /// The stable id.
  public var dispatchID: ByteView
  /// The request, of which requester, recipient, subject, body, context and credentials are written.
  public var request: ContactRequest
  /// How the recipient is called.
  public var toDisplayName: ByteView
  /// The recipient's mail address.
  public var toMail: ByteView
  /// The `mailto:` URI (RFC 6068), at most 2,000 bytes.
  public var mailto: ByteView
  /// Why it became mail.
  public var reason: Reason
  /// When it was decided.
  public var createdAt: Timestamp

  /// A dispatch of its parts.
  public init(
    dispatchID: ByteView,
    request: ContactRequest,
    toDisplayName: ByteView,
    toMail: ByteView,
    mailto: ByteView,
    reason: Reason,
    createdAt: Timestamp
  ) {
    self.dispatchID = dispatchID
    self.request = request
    self.toDisplayName = toDisplayName
    self.toMail = toMail
    self.mailto = mailto
    self.reason = reason
    self.createdAt = createdAt
  }
}

/// An event of `im.dispatches`: the requester's IM client is to be opened with this person.
public struct IMDispatch {
  /// The stable id.
  public var dispatchID: ByteView
  /// The request, of which requester, recipient, body (as the message) and context are written.
  public var request: ContactRequest
  /// How the recipient is called.
  public var toDisplayName: ByteView
  /// The recipient's IM address.
  public var toAddress: ByteView
  /// The client and the URI that launches it.
  public var launch: PresenceSnapshot.Launch
  /// When it was decided.
  public var createdAt: Timestamp

  /// A dispatch of its parts.
  public init(
    dispatchID: ByteView,
    request: ContactRequest,
    toDisplayName: ByteView,
    toAddress: ByteView,
    launch: PresenceSnapshot.Launch,
    createdAt: Timestamp
  ) {
    self.dispatchID = dispatchID
    self.request = request
    self.toDisplayName = toDisplayName
    self.toAddress = toAddress
    self.launch = launch
    self.createdAt = createdAt
  }
}

/// An event of `contact.outcomes`: how a request ended. There is exactly one per (recipient, request id).
public struct ContactOutcome {
  /// How a request ended.
  public enum Verdict: UInt8, CaseIterable, Sendable { case dispatched, rejected, expired }

  /// Why a request was not dispatched as asked; the closed list of the contract.
  public typealias Reason = RejectionReason

  /// What was known of the recipient when it was decided.
  public struct Presence {
    /// The state.
    public var state: PresenceState
    /// What it was worth.
    public var quality: PresenceQuality
    /// When it was observed.
    public var observedAt: Timestamp

    /// Presence of its parts.
    public init(state: PresenceState, quality: PresenceQuality, observedAt: Timestamp) {
      self.state = state
      self.quality = quality
      self.observedAt = observedAt
    }
  }

  /// The request, of which id, group, requester and recipient are written.
  public var request: ContactRequest
  /// How it ended.
  public var outcome: Verdict
  /// The channel that it took; `auto` is never one, nil where it took none.
  public var channel: ContactRequest.Channel?
  /// The dispatch; empty where there is none.
  public var dispatchID: ByteView = .empty
  /// Why it was not dispatched as asked.
  public var reason: Reason?
  /// What was known of the recipient.
  public var presence: Presence?
  /// When it was decided.
  public var decidedAt: Timestamp
  /// The steps that led here, in order, each a short sentence.
  public var trace: UnsafeBufferPointer<ByteView>

  /// An outcome of its mandatory parts.
  public init(
    request: ContactRequest,
    outcome: Verdict,
    decidedAt: Timestamp,
    trace: UnsafeBufferPointer<ByteView>
  ) {
    self.request = request
    self.outcome = outcome
    self.decidedAt = decidedAt
    self.trace = trace
  }
}
