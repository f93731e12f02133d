// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Says in words why a contact request ended as it did.
enum ContactSentence {
  /// Why a request became mail.
  static func because(_ reason: MailReason, of recipient: String) -> String {
    switch reason {
    case .requested: "mail was asked for"
    case .recipientBusy: "\(recipient) is busy"
    case .recipientAway: "\(recipient) is away"
    case .recipientOffline: "\(recipient) is offline"
    case .presenceUnknown: "nothing could be found out about \(recipient) in time"
    case .imUnavailable: "\(recipient) cannot be reached by chat"
    }
  }

  /// Why a request was refused.
  static func because(_ reason: RejectionReason, of recipient: String) -> String {
    switch reason {
    case .noSuchUser: "\(recipient) is no user of the portal"
    case .selfContact: "that is the same person"
    case .impDisabled: "messaging and presence are off in that space"
    case .channelUnavailable: "the channel is not to be had"
    case .noMailAddress: "\(recipient) has no mail address"
    case .noSenderAddress: "the sender has no mail address"
    case .recipientOffline: "\(recipient) is offline, and mail would not do"
    case .tooManyRequests: "the sender has asked too often"
    }
  }

  /// Why an outcome is what it is; `reason` where the mail that goes with it is known.
  static func because(_ outcome: BoardEvent.Outcome, mail reason: MailReason?) -> String {
    switch outcome.verdict {
    case .dispatched:
      if let reason { return because(reason, of: outcome.to) }
      guard let state = outcome.state else { return "no presence needed" }
      let known = outcome.quality.map { $0 == .fresh ? "" : ", \($0)" } ?? ""
      return "\(outcome.to) is \(state)\(known)"
    case .rejected(let reason): return reason.map { because($0, of: outcome.to) } ?? "refused"
    case .expired: return "out of time"
    }
  }
}
