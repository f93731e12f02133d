// SPDX-License-Identifier: Apache-2.0

/// What is to be done with a request, and the steps that led there.
public struct ContactDecision: Hashable, Sendable {
  /// What is to be done.
  public enum End: Hashable, Sendable {
    /// A mail dispatch.
    case mail(MailReason)
    /// An IM dispatch.
    case im
    /// No end yet: a look-up carries the request and brings it back.
    case lookUp
    /// No dispatch, for this reason.
    case rejected(RejectionReason)
    /// No dispatch: the time ran out.
    case expired
  }

  /// What is to be done.
  public let end: End
  /// The steps that led there, in order.
  public let trace: ContactTrace

  /// A decision of its parts.
  @inlinable
  public init(end: End, trace: ContactTrace) {
    self.end = end
    self.trace = trace
  }
}
