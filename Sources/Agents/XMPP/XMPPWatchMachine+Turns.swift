// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// What is due: probes, what follows where they are not answered, and users' turns.
extension XMPPWatchMachine {
  mutating func advance(at moment: XMPPMoment) -> Duration? {
    guard component != nil else { return nil }
    while let bare = departures.popDue(at: moment.time) { leave(bare, moment) }
    let rate = settings.probesPerSecond
    allowance = min(max(1, rate / 10), allowance + rate * ((moment.time - allowedAt) / .seconds(1)))
    allowedAt = moment.time
    while let next = turns.first, next <= moment.time {
      guard allowance >= 1 else {
        let pause = Duration.seconds((1 - allowance) / rate)
        return departures.first.map { min($0, moment.time + pause) } ?? moment.time + pause
      }
      guard let turn = turns.popDue(at: moment.time), var watch = watches[turn.bare], watch.turn == turn.number
      else { continue }
      if take(turn.bare, &watch, moment) { allowance -= 1 }
      watches[turn.bare] = watch
    }
    return [turns.first, departures.first].compactMap { $0 }.min()
  }

  /// The turn of a user; says whether something was sent.
  private mutating func take(_ bare: String, _ watch: inout XMPPWatch, _ moment: XMPPMoment) -> Bool {
    switch watch.phase {
    case .idle:
      watch.silences = 0
      probe(bare, &watch, moment)
      return true
    case .settling:
      let missing = watch.resources.filter { $0.value.heardAt < watch.probedAt }
      for name in missing.keys { depart(name, nil, bare, &watch, moment) }
      watch.phase = .idle
      schedule(bare, &watch, at: moment.time + renewal - Settings.settling)
      return false
    case .asking:
      watch.phase = .idle
      refuse(&watch, AgentError(.unauthorized, "The user has not let the component subscribe yet."))
      schedule(bare, &watch, at: moment.time + Settings.refusedPause * (1 + jitter()))
      return false
    case .probing: return takeSilence(bare, &watch, moment)
    }
  }

  /// Nobody has answered a probe.
  private mutating func takeSilence(_ bare: String, _ watch: inout XMPPWatch, _ moment: XMPPMoment) -> Bool {
    watch.silences += 1
    if watch.isActive || watch.isAllowed, watch.silences < 3 {
      if watch.resources.isEmpty { outbox += XMPPStanzas.presence("subscribe", from: component ?? "", to: bare) }
      probe(bare, &watch, moment)
      return true
    }
    if !watch.isAllowed, mayAsk(watch, at: moment.time) {
      ask(bare, &watch, moment)
      return true
    }
    let error = AgentError(.timeout, "The user's server does not answer a presence probe.")
    lose(&watch, error)
    watch.phase = .idle
    schedule(bare, &watch, at: moment.time + backoff(after: watch.setbacks))
    return false
  }

  private mutating func probe(_ bare: String, _ watch: inout XMPPWatch, _ moment: XMPPMoment) {
    outbox += XMPPStanzas.presence("probe", from: component ?? "", to: bare)
    watch.phase = .probing
    watch.probedAt = moment.time
    schedule(bare, &watch, at: moment.time + settings.answerTimeout * (1 + watch.silences))
  }

  mutating func ask(_ bare: String, _ watch: inout XMPPWatch, _ moment: XMPPMoment) {
    outbox += XMPPStanzas.presence("subscribe", from: component ?? "", to: bare)
    watch.phase = .asking
    watch.askedAt = moment.time
    schedule(bare, &watch, at: moment.time + settings.answerTimeout)
  }

  func mayAsk(_ watch: XMPPWatch, at time: Duration) -> Bool {
    settings.asksForSubscription && watch.askedAt.map { time >= $0 + Settings.askingPause } ?? true
  }

  // MARK: When

  /// When a reading is renewed: well before its lease lapses.
  var renewal: Duration { settings.lease * (0.4 + 0.2 * jitter()) }

  func backoff(after setbacks: Int) -> Duration {
    min(.seconds(300), .seconds(10) * (1 << min(setbacks, 5))) * (0.5 + 0.5 * jitter())
  }

  mutating func schedule(_ bare: String, at time: Duration) {
    guard var watch = watches[bare] else { return }
    schedule(bare, &watch, at: time)
    watches[bare] = watch
  }

  mutating func schedule(_ bare: String, _ watch: inout XMPPWatch, at time: Duration) {
    turnNumber += 1
    watch.turn = turnNumber
    turns.insert(XMPPWatch.Turn(bare: bare, number: turnNumber), at: time)
    if turns.count > 2 * watches.count + 64 {
      let current = watches
      let number = turnNumber
      turns.prune { $0.number == number || current[$0.bare]?.turn == $0.number }
    }
  }
}
