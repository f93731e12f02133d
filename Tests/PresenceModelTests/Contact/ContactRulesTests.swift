// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

/// The contact rules case by case, each as a person would tell it.
@Suite struct ContactRulesTests {
  typealias End = ContactDecision.End

  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var situation: ContactSituation
    var end: End

    init(
      _ name: String,
      _ channel: ContactChannel,
      _ end: End,
      _ change: (inout ContactSituation) -> Void = { _ in }
    ) {
      testDescription = name
      situation = ContactSituation(channel: channel)
      change(&situation)
      self.end = end
    }
  }

  static let impossible: [Case] = [
    Case("oneself", .mail, .rejected(.selfContact)) { $0.isSelfContact = true },
    Case("oneself comes before all else", .im, .rejected(.selfContact)) {
      $0.isSelfContact = true
      $0.recipientKnown = false
      $0.rateLimited = true
      $0.offered = []
      $0.time = .expired
    },
    Case("nobody of that name", .auto, .rejected(.noSuchUser)) { $0.recipientKnown = false },
    Case("nobody of that name comes before the rate", .auto, .rejected(.noSuchUser)) {
      $0.recipientKnown = false
      $0.rateLimited = true
    },
    Case("too many requests", .mail, .rejected(.tooManyRequests)) { $0.rateLimited = true },
    Case("too many requests comes before the space", .im, .rejected(.tooManyRequests)) {
      $0.rateLimited = true
      $0.impEnabled = false
      $0.offered = []
    },
  ]

  static let spaces: [Case] = [
    Case("im without fallback where IMP is off", .im, .rejected(.impDisabled)) {
      $0.impEnabled = false
      $0.fallback = false
    },
    Case("im with fallback where IMP is off", .im, .mail(.imUnavailable)) { $0.impEnabled = false },
    Case("auto where IMP is off", .auto, .mail(.imUnavailable)) { $0.impEnabled = false },
    Case("auto where IMP is off says nothing of the recipient", .auto, .mail(.imUnavailable)) {
      $0.impEnabled = false
      $0.presence = .fresh(.busy)
    },
    Case("auto where IMP is off and mail not offered", .auto, .rejected(.impDisabled)) {
      $0.impEnabled = false
      $0.offered = [.im]
    },
    Case("mail does not care for IMP", .mail, .mail(.requested)) { $0.impEnabled = false },
    Case("mail where it is not offered", .mail, .rejected(.channelUnavailable)) { $0.offered = [.im] },
    Case("mail where nothing is offered and IMP is off", .mail, .rejected(.channelUnavailable)) {
      $0.offered = []
      $0.impEnabled = false
    },
    Case("im without fallback where only mail is offered", .im, .rejected(.channelUnavailable)) {
      $0.offered = [.mail]
      $0.fallback = false
    },
    Case("im with fallback where only mail is offered", .im, .mail(.imUnavailable)) { $0.offered = [.mail] },
    Case("auto where nothing is offered", .auto, .rejected(.channelUnavailable)) { $0.offered = [] },
    Case("im with fallback where nothing is offered", .im, .rejected(.channelUnavailable)) { $0.offered = [] },
    Case("auto, online, where only im is offered", .auto, .im) {
      $0.offered = [.im]
      $0.presence = .fresh(.online)
    },
    Case("auto, busy, where only im is offered", .auto, .rejected(.channelUnavailable)) {
      $0.offered = [.im]
      $0.presence = .fresh(.busy)
    },
    Case("im with fallback, offline, where only im is offered", .im, .rejected(.recipientOffline)) {
      $0.offered = [.im]
      $0.presence = .fresh(.offline)
    },
  ]

  static let mail: [Case] = [
    Case("mail", .mail, .mail(.requested)),
    Case("mail never looks anybody up", .mail, .mail(.requested)) { $0.presence = .fresh(.online) },
    Case("mail past its time", .mail, .expired) { $0.time = .expired },
    Case("mail to somebody without address", .mail, .rejected(.noMailAddress)) { $0.hasRecipientMail = false },
    Case("mail from somebody without address", .mail, .rejected(.noSenderAddress)) { $0.hasSenderMail = false },
    Case("mail between people without addresses", .mail, .rejected(.noMailAddress)) {
      $0.hasRecipientMail = false
      $0.hasSenderMail = false
    },
    Case("mail that never could have been sent does not expire", .mail, .rejected(.noMailAddress)) {
      $0.hasRecipientMail = false
      $0.time = .expired
    },
  ]

  static let auto: [Case] = [
    Case("auto, unknown yet", .auto, .lookUp),
    Case("auto, online", .auto, .im) { $0.presence = .fresh(.online) },
    Case("auto, busy", .auto, .mail(.recipientBusy)) { $0.presence = .fresh(.busy) },
    Case("auto, away", .auto, .mail(.recipientAway)) { $0.presence = .fresh(.away) },
    Case("auto, offline", .auto, .mail(.recipientOffline)) { $0.presence = .fresh(.offline) },
    Case("auto, look-up failed", .auto, .mail(.presenceUnknown)) { $0.presence = .failed },
    Case("auto, look-up out of time", .auto, .mail(.presenceUnknown)) { $0.presence = .outOfTime },
    Case("auto, too late for a look-up", .auto, .mail(.presenceUnknown)) { $0.time = .tooLittleForLookup },
    Case("auto, too late for a look-up but known", .auto, .im) {
      $0.time = .tooLittleForLookup
      $0.presence = .fresh(.online)
    },
    Case("auto, expired", .auto, .mail(.presenceUnknown)) { $0.time = .expired },
    Case("auto, online but expired", .auto, .mail(.presenceUnknown)) {
      $0.time = .expired
      $0.presence = .fresh(.online)
    },
    Case("auto, busy and expired keeps the truer reason", .auto, .mail(.recipientBusy)) {
      $0.time = .expired
      $0.presence = .fresh(.busy)
    },
    Case("auto, online without a client", .auto, .mail(.imUnavailable)) {
      $0.imPossible = false
      $0.presence = .fresh(.online)
    },
    Case("auto, no client: nobody is looked up", .auto, .mail(.imUnavailable)) { $0.imPossible = false },
    Case("auto, no client but known to be busy", .auto, .mail(.recipientBusy)) {
      $0.imPossible = false
      $0.presence = .fresh(.busy)
    },
    Case("auto, presence disabled", .auto, .mail(.imUnavailable)) { $0.presenceEnabled = false },
    Case("auto ignores fallback", .auto, .mail(.recipientAway)) {
      $0.fallback = false
      $0.presence = .fresh(.away)
    },
    Case("auto, online, needs no mail address", .auto, .im) {
      $0.hasRecipientMail = false
      $0.hasSenderMail = false
      $0.presence = .fresh(.online)
    },
    Case("auto, busy, without mail address", .auto, .rejected(.noMailAddress)) {
      $0.hasRecipientMail = false
      $0.presence = .fresh(.busy)
    },
    Case("auto, away, requester without mail address", .auto, .rejected(.noSenderAddress)) {
      $0.hasSenderMail = false
      $0.presence = .fresh(.away)
    },
    Case("auto, out of time where only im is offered", .auto, .expired) {
      $0.offered = [.im]
      $0.presence = .outOfTime
    },
  ]

  static let im: [Case] = [
    Case("im, unknown yet", .im, .lookUp),
    Case("im, online", .im, .im) { $0.presence = .fresh(.online) },
    Case("im, busy", .im, .im) { $0.presence = .fresh(.busy) },
    Case("im, away", .im, .im) { $0.presence = .fresh(.away) },
    Case("im, offline", .im, .mail(.recipientOffline)) { $0.presence = .fresh(.offline) },
    Case("im, offline, no fallback", .im, .rejected(.recipientOffline)) {
      $0.presence = .fresh(.offline)
      $0.fallback = false
    },
    Case("im, no client", .im, .mail(.imUnavailable)) { $0.imPossible = false },
    Case("im, no client, no fallback", .im, .rejected(.channelUnavailable)) {
      $0.imPossible = false
      $0.fallback = false
    },
    Case("im, presence disabled", .im, .mail(.imUnavailable)) {
      $0.presenceEnabled = false
      $0.presence = .fresh(.online)
    },
    Case("im, presence disabled, no fallback", .im, .rejected(.channelUnavailable)) {
      $0.presenceEnabled = false
      $0.fallback = false
    },
    Case("im, look-up failed", .im, .mail(.presenceUnknown)) { $0.presence = .failed },
    Case("im, look-up failed early, no fallback", .im, .rejected(.channelUnavailable)) {
      $0.presence = .failed
      $0.fallback = false
    },
    Case("im, look-up failed at its deadline, no fallback", .im, .expired) {
      $0.presence = .failed
      $0.time = .tooLittleForLookup
      $0.fallback = false
    },
    Case("im, look-up out of time", .im, .mail(.presenceUnknown)) { $0.presence = .outOfTime },
    Case("im, look-up out of time, no fallback", .im, .expired) {
      $0.presence = .outOfTime
      $0.fallback = false
    },
    Case("im, online but expired, no fallback", .im, .expired) {
      $0.presence = .fresh(.online)
      $0.time = .expired
      $0.fallback = false
    },
    Case("im, online but expired", .im, .mail(.presenceUnknown)) {
      $0.presence = .fresh(.online)
      $0.time = .expired
    },
    Case("im, offline, and nowhere to send a mail", .im, .rejected(.noMailAddress)) {
      $0.presence = .fresh(.offline)
      $0.hasRecipientMail = false
    },
    Case("im, online, needs no mail address", .im, .im) {
      $0.presence = .fresh(.online)
      $0.hasRecipientMail = false
      $0.hasSenderMail = false
    },
  ]

  @Test(arguments: impossible + spaces + mail + auto + im)
  func aRequestComesToItsEnd(_ test: Case) {
    #expect(ContactRules.decide(test.situation).end == test.end)
  }

  @Test func theTraceTellsTheSteps() {
    var situation = ContactSituation(channel: .auto)
    situation.presence = .fresh(.busy)
    #expect(
      ContactRules.decide(situation).trace.description
        == "space offers mail and im; presence fresh: busy; auto: goes to mail"
    )

    situation.channel = .im
    situation.presence = .needsLookup
    situation.time = .tooLittleForLookup
    situation.hasSenderMail = false
    #expect(
      Array(ContactRules.decide(situation).trace)
        == [.spaceOffersBoth, .notFresh, .outOfTime, .imFallsBackToMail, .noSenderMail]
    )
  }

  @Test func aTraceWhoseSpaceOrRecipientHidesPresenceDoesNotNameIt() {
    for state in PresenceState.allCases {
      var situation = ContactSituation(channel: .auto)
      situation.presence = .fresh(state)
      situation.impEnabled = false
      #expect(!ContactRules.decide(situation).trace.description.contains(state.description))
      situation.impEnabled = true
      situation.presenceEnabled = false
      #expect(!ContactRules.decide(situation).trace.description.contains(state.description))
    }
  }
}
