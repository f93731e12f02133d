// SPDX-License-Identifier: Apache-2.0

/// Why a request became mail; the closed list of the contract.
@frozen
public enum MailReason: UInt8, CaseIterable, Sendable {
  /// The requester asked for mail.
  case requested
  /// `auto`, and the recipient is busy.
  case recipientBusy
  /// `auto`, and the recipient is away.
  case recipientAway
  /// The recipient is not there.
  case recipientOffline
  /// Nothing could be found out of the recipient's presence, or not in time.
  case presenceUnknown
  /// There is no instant messaging here: not in the space, not with the recipient, or not with the recipient's client.
  case imUnavailable
}
