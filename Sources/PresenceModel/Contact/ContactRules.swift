// SPDX-License-Identifier: Apache-2.0

/// The contact rules: which end a request comes to, as one pure function.
///
/// The first line that fits decides. "Mail" is `.mail` with that reason where mail is to be had; see below for where
/// it is not.
///
/// | rule | situation | end |
/// | --- | --- | --- |
/// | 1 | requester is the recipient | rejected `selfContact` |
/// | 1 | recipient not known | rejected `noSuchUser` |
/// | 3 | requester out of requests | rejected `tooManyRequests` |
/// | 4 | the space leaves no channel that the request may take, `im` or `auto`, IMP switched off | rejected `impDisabled` |
/// | 4 | the space leaves no channel that the request may take | rejected `channelUnavailable` |
/// | 5 | `mail`, an address is missing | rejected `noMailAddress`, `noSenderAddress` |
/// | 5 | `mail`, expired | expired |
/// | 5 | `mail` | mail `requested` |
/// | 6 | `auto`, no IM in the space or no presence of the recipient | mail `imUnavailable` |
/// | 6 | `auto`, fresh: busy, away, offline | mail with the state's reason |
/// | 6 | `auto`, no client for the recipient's address | mail `imUnavailable` |
/// | 6 | `auto`, out of time, or the look-up failed | mail `presenceUnknown` |
/// | 6 | `auto`, fresh: online | IM |
/// | 6 | `auto`, not fresh | look-up |
/// | 6 | `im`, no IM in the space, no presence of the recipient, or no client | mail `imUnavailable`; else rejected `channelUnavailable` |
/// | 6 | `im`, out of time and fresh: offline | mail `recipientOffline`; else expired |
/// | 6 | `im`, out of time | mail `presenceUnknown`; else expired |
/// | 6 | `im`, fresh: online, busy, away | IM |
/// | 6 | `im`, fresh: offline | mail `recipientOffline`; else rejected `recipientOffline` |
/// | 6 | `im`, the look-up failed | mail `presenceUnknown`; else rejected `channelUnavailable` |
/// | 6 | `im`, not fresh | look-up |
///
/// (a) *Out of time* is: expired, whatever is known; or not known, and too little time for a look-up.
/// (b) *Where mail is not to be had.* A mail that an address is missing for is rejected with `noMailAddress`
///     (the recipient's, asked first) or `noSenderAddress`: that is what somebody can mend. In a space without mail,
///     `im` has no fallback, which is the "else" of the table; `auto` is rejected with `channelUnavailable`, or expired
///     when it is out of time: only somebody who is online gets an instant message that nobody asked for as such.
/// (c) Where the space has no IM or the recipient no presence, nothing is looked up, and the reason says nothing of the
///     recipient's state, even if it is known.
/// (d) Where no client can be opened nothing is looked up either: the answer could not change the end.
/// (e) Rule 2, the repeats, is `DuplicateFilter`, and rule 1's malformed requests never become a situation.
public enum ContactRules {
  /// Decides a request.
  public static func decide(_ situation: ContactSituation) -> ContactDecision {
    var trace = ContactTrace()
    let end = conclude(situation, &trace)
    return ContactDecision(end: end, trace: trace)
  }

  private typealias End = ContactDecision.End

  private static func conclude(_ situation: ContactSituation, _ trace: inout ContactTrace) -> End {
    if situation.isSelfContact {
      trace.append(.selfContact)
      return .rejected(.selfContact)
    }
    guard situation.recipientKnown else {
      trace.append(.noSuchUser)
      return .rejected(.noSuchUser)
    }
    if situation.rateLimited {
      trace.append(.tooManyRequests)
      return .rejected(.tooManyRequests)
    }
    if let reason = refusalBySpace(situation, &trace) {
      trace.append(.noChannelRemains)
      return .rejected(reason)
    }
    return switch situation.channel {
    case .mail: concludeMail(situation, &trace)
    case .auto: concludeAuto(situation, &trace)
    case .im: concludeIM(situation, &trace)
    }
  }

  /// Rule 4: why the space leaves no channel that the request may take; nil where it leaves one.
  private static func refusalBySpace(_ situation: ContactSituation, _ trace: inout ContactTrace) -> RejectionReason? {
    switch (situation.offered.contains(.mail), situation.offered.contains(.im)) {
    case (true, true): trace.append(.spaceOffersBoth)
    case (true, false): trace.append(.spaceOffersMail)
    case (false, true): trace.append(.spaceOffersIM)
    case (false, false): trace.append(.spaceOffersNothing)
    }
    let asksForIM = situation.channel != .mail
    if asksForIM, !situation.impEnabled { trace.append(.impDisabled) }
    let maySendMail = situation.channel != .im || situation.fallback
    if maySendMail && situation.offered.contains(.mail) || asksForIM && situation.spaceHasIM { return nil }
    return asksForIM && !situation.impEnabled ? .impDisabled : .channelUnavailable
  }

  /// Rule 5.
  private static func concludeMail(_ situation: ContactSituation, _ trace: inout ContactTrace) -> End {
    trace.append(.mailNeedsNoPresence)
    let end = mail(.requested, situation, &trace)
    guard case .mail = end, situation.time == .expired else { return end }
    trace.append(.expired)
    return .expired
  }

  /// Rule 6, `auto`.
  private static func concludeAuto(_ situation: ContactSituation, _ trace: inout ContactTrace) -> End {
    var reason = MailReason.imUnavailable
    if !situation.presenceEnabled { trace.append(.presenceDisabled) }
    if situation.spaceHasIM, situation.presenceEnabled {
      notePresence(of: situation, &trace)
      switch situation.presence {
      case .fresh(.busy): reason = .recipientBusy
      case .fresh(.away): reason = .recipientAway
      case .fresh(.offline): reason = .recipientOffline
      case _ where !situation.imPossible:
        trace.append(.imImpossible)
      case _ where situation.isOutOfTime, .failed, .outOfTime:
        reason = .presenceUnknown
      case .fresh(.online):
        trace.append(.autoGoesToIM)
        return .im
      case .needsLookup:
        trace.append(.lookUp)
        return .lookUp
      }
    }
    trace.append(.autoGoesToMail)
    if !situation.offered.contains(.mail), situation.isOutOfTime {
      trace.append(.mailNotOffered)
      return .expired
    }
    return mail(reason, situation, &trace)
  }

  /// Rule 6, `im`.
  private static func concludeIM(_ situation: ContactSituation, _ trace: inout ContactTrace) -> End {
    if !situation.presenceEnabled { trace.append(.presenceDisabled) }
    if !situation.imPossible { trace.append(.imImpossible) }
    guard situation.spaceHasIM, situation.presenceEnabled, situation.imPossible else {
      return fallBack(.imUnavailable, else: .rejected(.channelUnavailable), situation, &trace)
    }
    notePresence(of: situation, &trace)
    if situation.isOutOfTime {
      let reason: MailReason = situation.presence == .fresh(.offline) ? .recipientOffline : .presenceUnknown
      return fallBack(reason, else: .expired, situation, &trace)
    }
    switch situation.presence {
    case .fresh(.online), .fresh(.busy), .fresh(.away):
      trace.append(.imGoesToIM)
      return .im
    case .fresh(.offline):
      return fallBack(.recipientOffline, else: .rejected(.recipientOffline), situation, &trace)
    case .failed, .outOfTime:
      return fallBack(.presenceUnknown, else: .rejected(.channelUnavailable), situation, &trace)
    case .needsLookup:
      trace.append(.lookUp)
      return .lookUp
    }
  }

  private static func notePresence(of situation: ContactSituation, _ trace: inout ContactTrace) {
    switch situation.presence {
    case .fresh(let state): trace.append(.fresh(state))
    case .needsLookup: trace.append(.notFresh)
    case .failed: trace.append(.lookUpFailed)
    case .outOfTime: trace.append(.outOfTime)
    }
    switch situation.time {
    case .expired: trace.append(.expired)
    case .tooLittleForLookup where situation.presence == .needsLookup: trace.append(.outOfTime)
    case .enough, .tooLittleForLookup: break
    }
  }

  private static func fallBack(
    _ reason: MailReason,
    else end: End,
    _ situation: ContactSituation,
    _ trace: inout ContactTrace
  ) -> End {
    guard situation.fallback else {
      trace.append(.imHasNoFallback)
      return end
    }
    trace.append(.imFallsBackToMail)
    guard situation.offered.contains(.mail) else {
      trace.append(.mailNotOffered)
      return end
    }
    return mail(reason, situation, &trace)
  }

  private static func mail(_ reason: MailReason, _ situation: ContactSituation, _ trace: inout ContactTrace) -> End {
    guard situation.offered.contains(.mail) else {
      trace.append(.mailNotOffered)
      return .rejected(.channelUnavailable)
    }
    guard situation.hasRecipientMail else {
      trace.append(.noRecipientMail)
      return .rejected(.noMailAddress)
    }
    guard situation.hasSenderMail else {
      trace.append(.noSenderMail)
      return .rejected(.noSenderAddress)
    }
    return .mail(reason)
  }
}

extension ContactSituation {
  /// Whether the space leaves IM possible at all.
  fileprivate var spaceHasIM: Bool { impEnabled && offered.contains(.im) }

  /// Whether no presence that comes now could still be of use to the request.
  fileprivate var isOutOfTime: Bool {
    switch (time, presence) {
    case (.expired, _), (_, .outOfTime), (.tooLittleForLookup, .needsLookup), (.tooLittleForLookup, .failed): true
    case (.enough, _), (.tooLittleForLookup, .fresh): false
    }
  }
}
