// SPDX-License-Identifier: Apache-2.0

package import LogSimulation
import Worker

/// What has happened in runs: how often each end of a request, and how often what Kafka can do to a client.
///
/// A simulation in which nobody is ever rejected proves nothing of rejections; so the tests look at this, too.
package struct SimulationCoverage: Sendable {
  /// Every end that there is: verdicts with channel or reason, reasons of mails, look-ups, repeats.
  package static let ends =
    ["dispatched mail", "dispatched im", "expired"]
    + [
      "noSuchUser", "selfContact", "impDisabled", "channelUnavailable", "noMailAddress", "noSenderAddress",
      "recipientOffline", "tooManyRequests",
    ].map { "rejected \($0)" }
    + [
      "requested", "recipientBusy", "recipientAway", "recipientOffline", "presenceUnknown", "imUnavailable",
    ].map { "mail \($0)" } + [
      "lookup contact", "lookup addressChanged", "lookup asked", "lookup interest", "lease over", "repeat",
      "dead letter", "tombstone",
    ]

  /// How often each end came.
  package private(set) var counts: [String: Int] = [:]
  /// How often what happened to the clients.
  package private(set) var events: [SimulatedEvent: Int] = [:]

  /// Nothing yet.
  package init() {}

  init(events: [SimulatedEvent: Int], _ model: ReferenceModel) {
    self.events = events
    counts["repeat"] = model.repeats
    counts["lease over"] = model.lapses
    for outputs in model.expected.values.flatMap(\.values) {
      for output in outputs { counts[SimulationCoverage.name(of: output), default: 0] += 1 }
    }
  }

  /// Adds what has happened in another run.
  package mutating func add(_ other: SimulationCoverage) {
    counts.merge(other.counts, uniquingKeysWith: +)
    events.merge(other.events, uniquingKeysWith: +)
  }

  /// What has never happened of what should.
  package var missing: [String] {
    SimulationCoverage.ends.filter { counts[$0, default: 0] == 0 }
      + SimulatedEvent.allCases.filter { !SimulatedEvent.rare.contains($0) && events[$0, default: 0] == 0 }.map(
        \.rawValue
      )
  }

  /// A table for a number of runs.
  package func table(runs: Int) -> String {
    let all =
      SimulationCoverage.ends.map { ($0, counts[$0, default: 0]) }
      + SimulatedEvent.allCases.map { ($0.rawValue, events[$0, default: 0]) }
    return all.map { name, count in
      let name = name + String(repeating: " ", count: max(0, 30 - name.count))
      return "\(name) \(count), \(count * 1_000 / max(1, runs)) in a thousand runs"
    }.joined(separator: "\n")
  }

  private static func name(of output: ReferenceOutput) -> String {
    switch output {
    case .snapshot: "snapshot"
    case .tombstone: "tombstone"
    case .outcome(_, "rejected", _, let reason, _, _, _): "rejected \(reason ?? "")"
    case .outcome(_, let verdict, let channel, _, _, _, _): channel.map { "\(verdict) \($0)" } ?? verdict
    case .mail(_, _, let reason): "mail \(reason)"
    case .im: "im"
    case .lookup(_, let reason, _): "lookup \(reason)"
    case .deadLetter: "dead letter"
    }
  }
}
