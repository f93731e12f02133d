// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// What stanzas mean for the user who sends them.
extension XMPPWatchMachine {
  mutating func received(_ presence: XMPPPresence, at moment: XMPPMoment) throws(XMPPRefusal) {
    let bare = presence.from.bare
    guard var watch = watches[bare] else { throw .unwatchedSource }
    switch presence.kind {
    case .available(let state): try appear(presence, state, bare, &watch, moment)
    case .unavailable: try disappear(presence, bare, &watch, moment)
    case .subscribed: allow(bare, &watch, moment)
    case .unsubscribed: forbid(bare, &watch, moment)
    case .error(let condition, let isTransient): fail(condition, isTransient, bare, &watch, moment)
    case .subscribe: outbox += XMPPStanzas.presence("subscribed", from: component ?? "", to: bare)
    case .unsubscribe, .probe: break  // a component has no presence of its own to show
    }
    watches[bare] = watch
  }

  private mutating func appear(
    _ presence: XMPPPresence,
    _ state: PresenceState,
    _ bare: String,
    _ watch: inout XMPPWatch,
    _ moment: XMPPMoment
  ) throws(XMPPRefusal) {
    let name = presence.from.resource ?? ""
    guard watch.resources[name] != nil || watch.resources.count < Settings.maximumResources else {
      throw .tooManyResources
    }
    let wasActive = watch.isActive
    watch.becomeActive()
    watch.knownOffline = nil
    let device = watch.resources[name]?.device ?? XMPPWatch.device(of: presence.from.resource)
    watch.resources[name] = XMPPWatch.Resource(device: device, heardAt: moment.time)
    tell(&watch, device, state, presence.message(in: settings.languages), moment)
    switch watch.phase {
    case .probing:
      watch.isAllowed = true
      watch.phase = .settling
      schedule(bare, &watch, at: moment.time + Settings.settling)
    case .asking:
      watch.phase = .idle
      schedule(bare, &watch, at: moment.time + renewal)
    case .idle where !wasActive: schedule(bare, &watch, at: moment.time + renewal)
    case .idle, .settling: break
    }
  }

  private mutating func disappear(
    _ presence: XMPPPresence,
    _ bare: String,
    _ watch: inout XMPPWatch,
    _ moment: XMPPMoment
  ) throws(XMPPRefusal) {
    let message = presence.message(in: settings.languages)
    if let name = presence.from.resource {
      guard watch.isActive else { throw .unconfirmed }
      if watch.resources[name] != nil {
        depart(name, message, bare, &watch, moment)
      } else if watch.resources.isEmpty, watch.knownOffline == nil {
        tellOffline(message, &watch, moment)
      }
      return
    }
    // A server also says this of somebody who is only being asked to be seen.
    guard watch.isActive || watch.phase == .probing else { throw .unconfirmed }
    if watch.phase == .probing { watch.isAllowed = true }
    watch.becomeActive()
    for name in watch.resources.keys { depart(name, message, bare, &watch, moment) }
    if watch.resources.isEmpty { tellOffline(message, &watch, moment) }
    if watch.phase != .idle {
      watch.phase = .idle
      schedule(bare, &watch, at: moment.time + renewal)
    }
  }

  private mutating func allow(_ bare: String, _ watch: inout XMPPWatch, _ moment: XMPPMoment) {
    let wasActive = watch.isActive
    watch.becomeActive()
    watch.isAllowed = true
    if !wasActive {
      watch.phase = .idle
      schedule(bare, &watch, at: moment.time)  // what holds now
    } else if watch.phase == .probing, watch.resources.isEmpty {
      // ejabberd does not answer probes of those who are offline; that the subscription stands, and that nothing has
      // been said since, is the answer.
      if let offline = watch.knownOffline { tellOffline(offline.message, &watch, moment) }
      watch.phase = .idle
      schedule(bare, &watch, at: moment.time + renewal)
    }
  }

  private mutating func forbid(_ bare: String, _ watch: inout XMPPWatch, _ moment: XMPPMoment) {
    if watch.isActive, watch.phase == .idle {
      watch.askedAt = moment.time  // somebody has thought better of it: that is respected for a while
    }
    watch.isAllowed = false
    refuse(&watch, AgentError(.unauthorized, "The user does not let the component subscribe."))
    if watch.phase != .asking, mayAsk(watch, at: moment.time) {
      ask(bare, &watch, moment)
    } else {
      watch.phase = .idle
      schedule(bare, &watch, at: moment.time + Settings.refusedPause * (1 + jitter()))
    }
  }

  private mutating func fail(
    _ condition: String,
    _ isTransient: Bool,
    _ bare: String,
    _ watch: inout XMPPWatch,
    _ moment: XMPPMoment
  ) {
    watch.phase = .idle
    if isTransient {
      lose(&watch, AgentError(.unavailable, "The user's server cannot be asked."))
      schedule(bare, &watch, at: moment.time + backoff(after: watch.setbacks))
    } else {
      watch.isAllowed = false
      refuse(&watch, AgentError(.unauthorized, "The user's server refuses.", detail: condition))
      schedule(bare, &watch, at: moment.time + Settings.refusedPause * (1 + jitter()))
    }
  }
}
