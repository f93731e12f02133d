// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension BoardEvent {
  /// One line for an output that is no terminal: time, kind, user, and what is said; fields are two spaces apart.
  func line(now: Timestamp, ink: Ink) -> String {
    switch self {
    case .person(let person):
      let message = person.message.isEmpty ? "" : "  \u{201C}\(DisplayText.safe(person.message))\u{201D}"
      let dot = PresenceMark.dot(person.state, person.quality, ink)
      return "\(now)  presence  \(dot) \(DisplayText.safe(person.user))  \(person.state)  \(person.quality)"
        + "  \(DisplayText.safe(person.source))  v\(person.version)\(message)"
    case .gone(let user):
      return "\(now)  presence  - \(DisplayText.safe(user))  deleted"
    case .mail(let mail):
      return "\(mail.at)  mail      \(pair(mail.from, mail.to))  "
        + "\(ContactSentence.because(mail.reason, of: DisplayText.safe(mail.to)))  to \(DisplayText.safe(mail.address))"
    case .chat(let chat):
      return "\(chat.at)  chat      \(pair(chat.from, chat.to))  \(DisplayText.safe(chat.client))  "
        + DisplayText.safe(chat.uri)
    case .outcome(let outcome):
      return "\(outcome.at)  outcome   \(pair(outcome.from, outcome.to))  \(outcome.verdict.word)  "
        + DisplayText.safe(ContactSentence.because(outcome, mail: nil))
        + (outcome.trace.isEmpty ? "" : "  (\(DisplayText.safe(outcome.trace.joined(separator: " › "))))")
    }
  }

  private func pair(_ from: String, _ to: String) -> String {
    "\(DisplayText.safe(from)) → \(DisplayText.safe(to))"
  }
}

extension BoardEvent.Outcome.Verdict {
  /// The verdict in a word: `chat`, `mail`, `refused`, `expired`.
  fileprivate var word: String {
    switch self {
    case .dispatched(.im): "chat"
    case .dispatched: "mail"
    case .rejected: "refused"
    case .expired: "expired"
    }
  }
}
