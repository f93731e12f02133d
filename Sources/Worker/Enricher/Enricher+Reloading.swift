// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

extension Enricher {
  /// Takes over the rules of a changed configuration, between transactions.
  ///
  /// Where agents or services are others, every user is looked at once: the claim is judged anew, in place, and whoever
  /// is offered something else now is published within a minute (`Enricher+Outdated`). A million users take about a
  /// second.
  func adopt(_ rules: EnricherSettings, stores: [PartitionStore], now: Int64) {
    let before = settings
    let launchesBefore = launches
    replaceSettings(rules)
    if rules.contact.rate != before.contact.rate {
      for store in stores { store.replaceLimiter(rules.contact.rate) }
    }
    guard rules.agents.hash != before.agents.hash || rules.offersOtherThan(before) else { return }
    for store in stores { lookAtEverybody(in: store, before, launchesBefore, now: now) }
    keepCounters()
  }

  private func lookAtEverybody(
    in store: PartitionStore,
    _ before: EnricherSettings,
    _ launchesBefore: LaunchTable,
    now: Int64
  ) {
    for id in 0..<store.users.identifierBound {
      guard var state = state(id, in: store), !state.flags.contains(.deleted) else { continue }
      let old = (claim: state.claim, offer: offer(of: state, before, launchesBefore).hash)
      state.claim = launches.claim(state.identity)
      let isOutdated = offer(of: state, settings, launches).hash != old.offer
      guard isOutdated || state.claim != old.claim else { continue }
      store.users.reclaim(id, as: state.claim, isOutdated: isOutdated)
      guard isOutdated else { continue }
      counters.outdated += 1
      store.doubtedOffers.forget(id)
      state.flags.insert(.outdated)
      armTimers(of: state, id: id, store, now: now)
    }
  }
}

extension EnricherSettings {
  /// Whether readers are offered something else by these settings, whatever the agents are.
  fileprivate func offersOtherThan(_ other: EnricherSettings) -> Bool {
    presenceEnabled != other.presenceEnabled || services != other.services
      || changeCredentials != other.changeCredentials
  }
}
