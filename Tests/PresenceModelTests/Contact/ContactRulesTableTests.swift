// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

/// The contact rules over the full cross product of situations, against a table that is written row by row from the
/// contract, and against what must hold whatever the table says.
@Suite struct ContactRulesTableTests {
  typealias Situation = ContactSituation
  typealias End = ContactDecision.End

  /// A row: when it applies, and what follows. The first one that applies counts.
  struct Row: Sendable {
    var applies: @Sendable (Situation) -> Bool
    var end: @Sendable (Situation) -> End
  }

  static func row(_ end: End, when applies: @escaping @Sendable (Situation) -> Bool) -> Row {
    Row(applies: applies, end: { _ in end })
  }

  /// Mail with that reason; where the space has none, `otherwise`; where an address is missing, its reason.
  static func mail(
    _ reason: MailReason,
    otherwise: @escaping @Sendable (Situation) -> End = { _ in .rejected(.channelUnavailable) },
    when applies: @escaping @Sendable (Situation) -> Bool
  ) -> Row {
    Row(applies: applies) { situation in
      if !situation.offered.contains(.mail) || situation.channel == .im && !situation.fallback {
        return otherwise(situation)
      }
      if !situation.hasRecipientMail { return .rejected(.noMailAddress) }
      return situation.hasSenderMail ? .mail(reason) : .rejected(.noSenderAddress)
    }
  }

  static func late(_ situation: Situation) -> Bool {
    situation.time == .expired || situation.presence == .outOfTime
      || situation.time == .tooLittleForLookup && [.needsLookup, .failed].contains(situation.presence)
  }

  static func remaining(_ situation: Situation) -> Set<ContactChannel> {
    var channels: Set<ContactChannel> =
      switch situation.channel {
      case .mail: [.mail]
      case .im: situation.fallback ? [.im, .mail] : [.im]
      case .auto: [.im, .mail]
      }
    if !situation.offered.contains(.mail) { channels.remove(.mail) }
    if !situation.offered.contains(.im) || !situation.impEnabled { channels.remove(.im) }
    return channels
  }

  static let autoEnd: @Sendable (Situation) -> End = { late($0) ? .expired : .rejected(.channelUnavailable) }

  static let table: [Row] = [
    row(.rejected(.selfContact)) { $0.isSelfContact },
    row(.rejected(.noSuchUser)) { !$0.recipientKnown },
    row(.rejected(.tooManyRequests)) { $0.rateLimited },
    row(.rejected(.impDisabled)) { remaining($0).isEmpty && !$0.impEnabled && $0.channel != .mail },
    row(.rejected(.channelUnavailable)) { remaining($0).isEmpty },

    row(.rejected(.noMailAddress)) { $0.channel == .mail && !$0.hasRecipientMail },
    row(.rejected(.noSenderAddress)) { $0.channel == .mail && !$0.hasSenderMail },
    row(.expired) { $0.channel == .mail && $0.time == .expired },
    row(.mail(.requested)) { $0.channel == .mail },

    mail(.imUnavailable, otherwise: autoEnd) {
      $0.channel == .auto && (!remaining($0).contains(.im) || !$0.presenceEnabled)
    },
    mail(.recipientBusy, otherwise: autoEnd) { $0.channel == .auto && $0.presence == .fresh(.busy) },
    mail(.recipientAway, otherwise: autoEnd) { $0.channel == .auto && $0.presence == .fresh(.away) },
    mail(.recipientOffline, otherwise: autoEnd) { $0.channel == .auto && $0.presence == .fresh(.offline) },
    mail(.imUnavailable, otherwise: autoEnd) { $0.channel == .auto && !$0.imPossible },
    mail(.presenceUnknown, otherwise: autoEnd) { $0.channel == .auto && (late($0) || $0.presence == .failed) },
    row(.im) { $0.channel == .auto && $0.presence == .fresh(.online) },
    row(.lookUp) { $0.channel == .auto },

    mail(.imUnavailable) { !remaining($0).contains(.im) || !$0.presenceEnabled || !$0.imPossible },
    mail(.recipientOffline, otherwise: { _ in .expired }) { late($0) && $0.presence == .fresh(.offline) },
    mail(.presenceUnknown, otherwise: { _ in .expired }) { late($0) },
    mail(.recipientOffline, otherwise: { _ in .rejected(.recipientOffline) }) { $0.presence == .fresh(.offline) },
    mail(.presenceUnknown) { $0.presence == .failed },
    row(.lookUp) { $0.presence == .needsLookup },
    row(.im) { _ in true },
  ]

  static let presences: [Situation.Presence] =
    PresenceState.allCases.map { .fresh($0) } + [.needsLookup, .failed, .outOfTime]

  /// Calls `body` with every situation that there is.
  static func forEachSituation(_ body: (Situation) -> Void) -> Int {
    var count = 0
    for channel in ContactChannel.allCases {
      for presence in presences {
        for time in ContactTime.allCases {
          for bits in 0..<(1 << 11) {
            var situation = Situation(channel: channel)
            situation.presence = presence
            situation.time = time
            situation.fallback = bits & 1 != 0
            situation.isSelfContact = bits & 2 != 0
            situation.recipientKnown = bits & 4 != 0
            situation.rateLimited = bits & 8 != 0
            situation.impEnabled = bits & 16 != 0
            situation.presenceEnabled = bits & 32 != 0
            situation.hasRecipientMail = bits & 64 != 0
            situation.hasSenderMail = bits & 128 != 0
            situation.imPossible = bits & 256 != 0
            situation.offered = Situation.Channels(rawValue: UInt8(bits >> 9))
            body(situation)
            count += 1
          }
        }
      }
    }
    return count
  }

  @Test func everySituationEndsAsTheTableSays() {
    var wrong: [(Situation, ContactDecision.End)] = []
    let count = Self.forEachSituation { situation in
      let expected = Self.table.first { $0.applies(situation) }?.end(situation)
      let decision = ContactRules.decide(situation)
      if decision.end != expected { wrong.append((situation, decision.end)) }
    }
    #expect(count == 3 * 7 * 3 * 2_048)
    #expect(wrong.isEmpty, "\(wrong.count) differ, the first: \(String(describing: wrong.first))")
  }

  @Test func everyRowOfTheTableIsReached() {
    var reached = Set<Int>()
    _ = Self.forEachSituation { situation in
      if let index = Self.table.firstIndex(where: { $0.applies(situation) }) { reached.insert(index) }
    }
    #expect(reached.count == Self.table.count)
  }

  /// What must hold whatever the order of the rules is.
  @Test func noEndBreaksWhatMustAlwaysHold() {
    var broken: [(String, Situation)] = []
    var ends = Set<ContactDecision.End>()
    var steps = Set<ContactStep>()
    _ = Self.forEachSituation { situation in
      func demand(_ holds: Bool, _ law: String) { if !holds { broken.append((law, situation)) } }
      let decision = ContactRules.decide(situation)
      ends.insert(decision.end)
      steps.formUnion(decision.trace)
      demand(!decision.trace.isEmpty, "every decision has a trace")
      demand(Set(decision.trace).count == decision.trace.count, "no step is named twice")
      switch decision.end {
      case .im:
        demand(situation.channel != .mail, "mail stays mail")
        demand(Self.remaining(situation).contains(.im), "no IM that the space does not offer")
        demand(situation.imPossible && situation.presenceEnabled, "no IM without client and presence")
        demand(situation.time != .expired, "no IM past its time")
        let fine: [PresenceState] = situation.channel == .auto ? [.online] : [.online, .busy, .away]
        demand(fine.contains { situation.presence == .fresh($0) }, "no IM without fresh presence")
      case .mail(let reason):
        demand(situation.offered.contains(.mail), "no mail that the space does not offer")
        demand(situation.hasRecipientMail && situation.hasSenderMail, "no mail without addresses")
        demand(situation.channel != .im || situation.fallback, "no mail that nobody wants")
        demand((reason == .requested) == (situation.channel == .mail), "requested means asked for")
      case .lookUp:
        demand(situation.channel != .mail, "mail needs no presence")
        demand(situation.presence == .needsLookup, "nobody is looked up twice")
        demand(situation.time == .enough, "no look-up without time")
        demand(situation.presenceEnabled && situation.imPossible, "no look-up that changes nothing")
      case .rejected(.impDisabled):
        demand(!situation.impEnabled, "impDisabled only where it is")
        demand(Self.remaining(situation).isEmpty, "impDisabled only if no channel remains")
      case .rejected(.noMailAddress):
        demand(!situation.hasRecipientMail, "noMailAddress only where there is none")
      case .rejected(.noSenderAddress):
        demand(situation.hasRecipientMail && !situation.hasSenderMail, "noSenderAddress only where there is none")
      case .expired:
        demand(Self.late(situation), "expired only if it is late")
      case .rejected:
        break
      }
    }
    #expect(broken.isEmpty, "\(broken.count) break a law, the first: \(String(describing: broken.first))")
    let mails = MailReason.allCases.map { ContactDecision.End.mail($0) }
    let rejections = RejectionReason.allCases.map { ContactDecision.End.rejected($0) }
    #expect(ends == Set(mails + rejections + [.im, .lookUp, .expired]))
    #expect(steps == Set(ContactStep.allCases))
  }
}
