// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// What a record of the worker's outputs says, in values that outlive the record.
enum BoardEvent: Sendable, Equatable {
  /// A snapshot: what is known of a user.
  case person(Person)
  /// A tombstone: the user is gone.
  case gone(user: String)
  /// A mail to send.
  case mail(Mail)
  /// A chat to start.
  case chat(Chat)
  /// How a request ended.
  case outcome(Outcome)

  /// A user as readers see them.
  struct Person: Sendable, Equatable {
    var user: String
    var displayName: String
    var address: String
    var state: PresenceState
    var quality: PresenceQuality
    var message: String
    var source: String
    var observedAt: Timestamp
    var validUntil: Timestamp?
    var version: Int64
  }

  /// A mail dispatch.
  struct Mail: Sendable, Equatable {
    var request: String
    var from: String
    var to: String
    var address: String
    var subject: String
    var reason: MailReason
    var at: Timestamp
  }

  /// An IM dispatch.
  struct Chat: Sendable, Equatable {
    var request: String
    var from: String
    var to: String
    var client: String
    var uri: String
    var at: Timestamp
  }

  /// An outcome.
  struct Outcome: Sendable, Equatable {
    /// How it ended.
    enum Verdict: Sendable, Equatable {
      case dispatched(ContactChannel)
      case rejected(RejectionReason?)
      case expired
    }

    var request: String
    var from: String
    var to: String
    var verdict: Verdict
    /// What was known of the recipient, where it was asked for.
    var state: PresenceState?
    var quality: PresenceQuality?
    var trace: [String]
    var at: Timestamp
  }

  /// The users that it speaks of.
  var users: [String] {
    switch self {
    case .person(let person): [person.user]
    case .gone(let user): [user]
    case .mail(let mail): [mail.from, mail.to]
    case .chat(let chat): [chat.from, chat.to]
    case .outcome(let outcome): [outcome.from, outcome.to]
    }
  }
}
