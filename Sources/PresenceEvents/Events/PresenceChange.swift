// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// An event of `presence.changes`: what a source says of a user, an ask, or the resolver's answer.
///
/// The texts are borrowed from the decoder's buffers and valid until its next call. An empty view means that the field
/// is absent or empty, which for all of these fields is the same.
public struct PresenceChange {
  /// The portal's name of the user; not empty.
  public var user: ByteView
  /// The IM address that was observed; empty for the enterprise identity.
  public var imAddress: ByteView = .empty
  /// Which gateway or agent says so; not empty.
  public var source: ByteView
  /// The device, where the source tells devices apart.
  public var device: ByteView = .empty
  /// The state; nil in an ask and in an answer that failed.
  public var state: PresenceState?
  /// The status message, at most 1,024 characters.
  public var statusMessage: ByteView = .empty
  /// When it was observed; in an ask: how old a known state may be.
  public var observedAt: Timestamp
  /// The source's own order of its events.
  public var sequence: Int64?
  /// For how long the reading holds unless renewed, in seconds (1 to 604,800); zero where it has no lease.
  public var leaseSeconds: Int32 = 0
  /// Which look-up this answers; empty in what does not come from the resolver.
  public var lookupID: ByteView = .empty
  /// For how long an answer is fresh, in seconds, where the agent or its configuration says so; zero for the default.
  public var validForSeconds: Int32 = 0
  /// Why a look-up has no state.
  public var failure: LookupFailure?

  /// A change of its mandatory parts.
  @inlinable
  public init(user: ByteView, source: ByteView, observedAt: Timestamp) {
    self.user = user
    self.source = source
    self.observedAt = observedAt
  }

  /// Whether this is the resolver's answer to a look-up.
  @inlinable
  public var isAnswer: Bool { !lookupID.isEmpty }

  /// Whether this asks to look, unless something observed at or after `observedAt` is known.
  @inlinable
  public var isAsk: Bool { state == nil && failure == nil && lookupID.isEmpty }
}

/// Why a look-up gave no state.
public struct LookupFailure {
  /// A short code, such as `timeout`.
  public var code: ByteView
  /// A sentence for people.
  public var message: ByteView

  /// A failure of its parts.
  public init(code: ByteView, message: ByteView) {
    self.code = code
    self.message = message
  }
}
