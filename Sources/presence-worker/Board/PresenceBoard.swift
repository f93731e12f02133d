// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Who is what, and why a request became mail or a chat: the state behind the picture.
///
/// Fed with events in any order between topics (a dispatch and its outcome are committed together, and yet arrive by
/// different partitions), and drawn by `frame`. Knows neither Kafka nor a terminal.
struct PresenceBoard: Sendable {
  /// A line of the table.
  struct Row: Sendable, Equatable {
    var person: BoardEvent.Person
    /// When the event came in, by the reader's clock.
    var changedAt: Timestamp
    /// Counts the events, so that the latest ones can be found.
    var order: Int
  }

  /// A line of the feed: a request, and what is known of its end so far.
  struct Contact: Sendable, Equatable {
    var request: String
    var from: String
    var to: String
    var at: Timestamp
    var outcome: BoardEvent.Outcome?
    var mail: BoardEvent.Mail?
    var chat: BoardEvent.Chat?
  }

  /// The people, by user.
  private(set) var rows: [String: Row] = [:]
  /// The latest requests, the newest last.
  private(set) var contacts: [Contact] = []
  /// How many requests ended, and how.
  private(set) var totals = Totals()

  /// How requests ended since the board began.
  struct Totals: Sendable, Equatable {
    var chats = 0
    var mails = 0
    var refused = 0
    var expired = 0
  }

  private let feedLength: Int
  private var order = 0

  /// An empty board that remembers the latest `feedLength` requests.
  init(feedLength: Int = 200) { self.feedLength = feedLength }

  /// Takes in an event; `now` is the reader's clock.
  mutating func apply(_ event: BoardEvent, now: Timestamp) {
    switch event {
    case .person(let person):
      order += 1
      rows[person.user] = Row(person: person, changedAt: now, order: order)
    case .gone(let user):
      rows[user] = nil
    case .mail(let mail):
      contacts[index(of: mail.request, from: mail.from, to: mail.to, at: mail.at)].mail = mail
    case .chat(let chat):
      contacts[index(of: chat.request, from: chat.from, to: chat.to, at: chat.at)].chat = chat
    case .outcome(let outcome):
      let index = index(of: outcome.request, from: outcome.from, to: outcome.to, at: outcome.at)
      if contacts[index].outcome == nil { totals.count(outcome.verdict) }
      contacts[index].outcome = outcome
    }
    if contacts.count > feedLength { contacts.removeFirst(contacts.count - feedLength) }
  }

  /// How many people have each state; those of unknown quality, or without presence, have none.
  var census: (states: [PresenceState: Int], unknown: Int) {
    var states: [PresenceState: Int] = [:]
    var unknown = 0
    for row in rows.values {
      switch row.person.quality {
      case .unknown: unknown += 1
      case .disabled: continue
      case .fresh, .stale: states[row.person.state, default: 0] += 1
      }
    }
    return (states: states, unknown: unknown)
  }

  /// Where a request stands in the feed; a new one goes to its end.
  ///
  /// Both halves of a request come close together, so that a search from the newest backwards ends soon.
  private mutating func index(of request: String, from: String, to: String, at: Timestamp) -> Int {
    if let index = contacts.lastIndex(where: { $0.request == request && $0.to == to }) { return index }
    contacts.append(Contact(request: request, from: from, to: to, at: at))
    return contacts.count - 1
  }
}

extension PresenceBoard.Totals {
  fileprivate mutating func count(_ verdict: BoardEvent.Outcome.Verdict) {
    switch verdict {
    case .dispatched(.im): chats += 1
    case .dispatched: mails += 1
    case .rejected: refused += 1
    case .expired: expired += 1
    }
  }
}
