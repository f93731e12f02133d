// SPDX-License-Identifier: Apache-2.0

/// One step on the way to a decision, as an outcome's `trace` names it.
@frozen
public enum ContactStep: UInt8, CaseIterable, Sendable {
  // Rules 1 and 3.
  case selfContact = 1
  case noSuchUser
  case tooManyRequests
  // Rule 4.
  case spaceOffersBoth
  case spaceOffersMail
  case spaceOffersIM
  case spaceOffersNothing
  case impDisabled
  case noChannelRemains
  // What is known of the recipient.
  case presenceDisabled
  case imImpossible
  case freshOffline
  case freshAway
  case freshOnline
  case freshBusy
  case notFresh
  case lookUpFailed
  case outOfTime
  case expired
  // Rules 5 and 6.
  case mailNeedsNoPresence
  case lookUp
  case autoGoesToIM
  case autoGoesToMail
  case imGoesToIM
  case imFallsBackToMail
  case imHasNoFallback
  // Mail that cannot be.
  case mailNotOffered
  case noRecipientMail
  case noSenderMail

  /// The step as a short sentence for the outcome's `trace`.
  public var text: StaticString {
    switch self {
    case .selfContact: "requester and recipient are the same user"
    case .noSuchUser: "recipient is not a user"
    case .tooManyRequests: "requester has sent too many requests"
    case .spaceOffersBoth: "space offers mail and im"
    case .spaceOffersMail: "space offers mail only"
    case .spaceOffersIM: "space offers im only"
    case .spaceOffersNothing: "space offers neither mail nor im"
    case .impDisabled: "im and presence are disabled in the space"
    case .noChannelRemains: "no allowed channel remains"
    case .presenceDisabled: "presence is disabled for the recipient"
    case .imImpossible: "no client for the recipient's address"
    case .freshOffline: "presence fresh: offline"
    case .freshAway: "presence fresh: away"
    case .freshOnline: "presence fresh: online"
    case .freshBusy: "presence fresh: busy"
    case .notFresh: "presence not fresh"
    case .lookUpFailed: "presence unknown: look-up failed"
    case .outOfTime: "presence unknown: out of time"
    case .expired: "request has expired"
    case .mailNeedsNoPresence: "mail: needs no presence"
    case .lookUp: "look-up before a decision"
    case .autoGoesToIM: "auto: goes to im"
    case .autoGoesToMail: "auto: goes to mail"
    case .imGoesToIM: "im: goes to im"
    case .imFallsBackToMail: "im: falls back to mail"
    case .imHasNoFallback: "im: no fallback"
    case .mailNotOffered: "space does not offer mail"
    case .noRecipientMail: "recipient has no mail address"
    case .noSenderMail: "requester has no mail address"
    }
  }

  /// The step that names a fresh state.
  @inlinable
  static func fresh(_ state: PresenceState) -> ContactStep {
    switch state {
    case .offline: .freshOffline
    case .away: .freshAway
    case .online: .freshOnline
    case .busy: .freshBusy
    }
  }
}

/// The steps of one decision, at most eight, in one machine word.
///
/// A step is a number of eight bits, so that decisions are copied and compared without touching memory; the texts are
/// looked up only when an outcome is written.
@frozen
public struct ContactTrace: RandomAccessCollection, Hashable, Sendable {
  /// The most steps that a trace can hold.
  public static let capacity = 8

  @usableFromInline
  var word: UInt64 = 0

  /// No steps.
  @inlinable
  public init() {}

  /// Adds a step, which the trace has room for; no path through the rules takes more than `capacity` of them.
  @inlinable
  public mutating func append(_ step: ContactStep) {
    precondition(word >> 56 == 0, "a trace holds \(ContactTrace.capacity) steps")
    word |= UInt64(step.rawValue) << UInt64(8 * endIndex)
  }

  /// Zero.
  @inlinable
  public var startIndex: Int { 0 }

  /// The number of steps.
  @inlinable
  public var endIndex: Int { (71 - word.leadingZeroBitCount) / 8 }

  /// The step at `position`, which is less than `endIndex`.
  @inlinable
  public subscript(position: Int) -> ContactStep {
    guard position >= 0, position < ContactTrace.capacity,
      let step = ContactStep(rawValue: UInt8(truncatingIfNeeded: word >> UInt64(8 * position)))
    else { preconditionFailure("no step at \(position)") }
    return step
  }
}

extension ContactTrace: CustomStringConvertible {
  /// The texts of the steps.
  public var description: String { map { String(describing: $0.text) }.joined(separator: "; ") }
}
