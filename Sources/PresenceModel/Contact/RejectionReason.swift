// SPDX-License-Identifier: Apache-2.0

/// Why a request was not dispatched as asked; the closed list of the contract.
@frozen
public enum RejectionReason: UInt8, CaseIterable, Sendable {
  /// The recipient is not a user of the portal.
  case noSuchUser
  /// Requester and recipient are the same user.
  case selfContact
  /// Instant messaging and presence are switched off in the space.
  case impDisabled
  /// The channel is not to be had: the space does not offer it, or the recipient cannot be reached by it.
  case channelUnavailable
  /// The recipient has no mail address.
  case noMailAddress
  /// The requester has no mail address.
  case noSenderAddress
  /// The recipient is not there, and the requester wants no mail instead.
  case recipientOffline
  /// The requester has sent too many requests.
  case tooManyRequests
}
