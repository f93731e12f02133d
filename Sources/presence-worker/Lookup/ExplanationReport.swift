// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Worker

/// What the chain made of an address, as lines for people.
struct ExplanationReport {
  private let explanation: ChainExplanation
  private let ink: Ink

  init(_ explanation: ChainExplanation, ink: Ink) {
    self.explanation = explanation
    self.ink = ink
  }

  /// The chain, the claim, the call, and what came back.
  func lines() -> [String] {
    chain() + call() + answer()
  }

  /// Why there is no state; nil where there is one.
  var failure: CommandFailure? {
    switch explanation.finding.outcome {
    case .answered: return nil
    case .unknown:
      return CommandFailure(.unavailable, "\(explanation.delegate ?? "the agent") knows nothing of this address")
    default:
      guard explanation.delegate != nil else {
        return CommandFailure(
          .unavailable,
          "no agent claims this address, and there is no enterprise connection",
          advice: "Add an agent that claims it to agents: in the configuration."
        )
      }
      return CommandFailure(.unavailable, "the agent could not answer")
    }
  }

  private func chain() -> [String] {
    let address = explanation.address
    var lines = ["\(ink("Address", .strong))  \(DisplayText.safe(address.text))"]
    var parts = ["scheme \(address.scheme?.rawValue ?? "none")", "local part \(DisplayText.safe(address.local))"]
    if let domain = address.domain { parts.append("domain \(DisplayText.safe(domain))") }
    lines.append(ink("         \(parts.joined(separator: ", "))", .faint))
    lines += ["", ink("Chain", .strong)]
    if explanation.steps.isEmpty { lines.append("  no agents are configured") }
    var isDecided = false
    for (index, step) in explanation.steps.enumerated() {
      let kind = step.isEnterprise ? " (enterprise connection)" : ""
      let verdict: String
      if step.agent == explanation.delegate, !isDecided {
        isDecided = true
        let why = step.claimedBy.map { "claims it: \($0)" } ?? "asked, as nobody claims it"
        verdict = ink("✓ \(why)", .good)
      } else if step.claimedBy != nil {
        verdict = ink("would claim it, but comes later", .faint)
      } else {
        verdict = ink("does not claim it", .faint)
      }
      lines.append("  \(index + 1). \(step.agent)\(kind)  \(verdict)")
    }
    return lines
  }

  private func call() -> [String] {
    guard explanation.delegate != nil else { return [] }
    let steps = explanation.trace.map { "  \(DisplayText.safe($0))" }
    let milliseconds = Int(explanation.duration / .milliseconds(1))
    return ["", ink("Call", .strong)] + steps + [ink("  took \(milliseconds) ms", .faint)]
  }

  private func answer() -> [String] {
    let finding = explanation.finding
    var lines = ["", ink("Answer", .strong)]
    switch finding.outcome {
    case .answered(let answer):
      let message = answer.statusMessage.map { "  “\(DisplayText.safe($0))”" } ?? ""
      let idle = answer.isInactive ? " (inactive)" : ""
      lines.append("  \(PresenceMark.dot(answer.state, .fresh, ink)) \(answer.state)\(idle)\(message)")
      if let validFor = finding.validFor { lines.append("  fresh for \(DurationText.render(validFor))") }
    case .unknown: lines.append("  \(ink("?", .faint)) nothing is known of this address")
    default:
      if let error = finding.outcome.failure { lines.append("  \(ink("✗", .bad)) \(error.debugDescription)") }
    }
    if let launch = explanation.launch { lines.append("  chat with \(launch.client): \(launch.uri)") }
    return lines
  }
}
