// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceBoard.Contact {
  /// One line: when, who to whom, what it became, why, and the steps that led there as far as there is room.
  ///
  /// `pairWidth` is what the names take at least, so that what stands behind them is aligned.
  func line(_ canvas: PresenceBoard.Canvas, showsSteps: Bool = true, pairWidth: Int = 0) -> String {
    let ink = canvas.ink
    let padding = String(repeating: " ", count: max(0, pairWidth - DisplayText.width(of: pair)))
    let start = "\(PresenceMark.timeOfDay(at))  \(pair)\(padding)  "
    let (word, tone) = end
    let room = canvas.columns - DisplayText.width(of: start) - 8
    guard room > 8 else { return DisplayText.cell("\(start)\(word)", width: canvas.columns) }
    let reason = DisplayText.cell(why, width: room)
    let left = room - DisplayText.width(of: reason) - 2
    let steps = showsSteps ? self.steps : ""
    let shownSteps = left > 12 && !steps.isEmpty ? "  " + ink(DisplayText.cell(steps, width: left), .faint) : ""
    return ink(PresenceMark.timeOfDay(at), .faint) + start.dropFirst(8) + ink(DisplayText.padded(word, to: 8), tone)
      + reason + shownSteps
  }

  /// Who asked, and for whom.
  var pair: String { "\(DisplayText.safe(from)) → \(DisplayText.safe(to))" }

  /// The steps of the decision, in order.
  var steps: String { outcome?.trace.joined(separator: " › ") ?? "" }

  /// What it became.
  private var end: (word: String, tone: Ink.Tone) {
    switch outcome?.verdict {
    case .dispatched(.im): ("chat", .good)
    case .dispatched: ("mail", .link)
    case .rejected: ("refused", .bad)
    case .expired: ("expired", .wait)
    case nil: chat != nil ? ("chat", .good) : ("mail", .link)
    }
  }

  private var why: String {
    var text: String
    if let outcome {
      text = ContactSentence.because(outcome, mail: mail?.reason)
    } else if let mail {
      text = ContactSentence.because(mail.reason, of: to)
    } else {
      text = ""
    }
    if let chat { text += (text.isEmpty ? "" : ", ") + "\(chat.client): \(chat.uri)" }
    return text
  }
}
