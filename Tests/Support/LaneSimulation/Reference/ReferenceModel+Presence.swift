// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// The presence rules: changes, answers, profiles.
extension ReferenceModel {
  static let defaultFreshness: Int64 = 60_000

  func applyChange(_ event: ReferenceEvent, created: Int64, now: Int64, _ work: inout Work) {
    guard let name = event.text("user"), let observedAt = event.time("observedAt") else { return }
    var user = self.user(name, work) ?? ReferenceUser(name: name, creation: created)
    if let deletedAt = user.deletedAt {
      if observedAt < deletedAt { return }  // rule 5: for 24 h, which no simulation lasts
      user = ReferenceUser(name: name, creation: created)
    }
    let isAsk = event.text("lookupId") == nil && event.text("state") == nil
    if isAsk {
      guard self.user(name, work).map({ $0.deletedAt == nil }) ?? false else { return }
      ask(observedAt, now: now, &user, &work)
      return keep(user, &work)
    }
    let isChanged =
      event.text("lookupId") == nil
      ? push(event, observedAt, now: now, to: &user)
      : answer(event, observedAt, now: now, to: &user)
    if isChanged { keep(user, &work) }
  }

  /// Rules 5 and 6 for what a source pushes.
  private func push(_ event: ReferenceEvent, _ observedAt: Int64, now: Int64, to user: inout ReferenceUser) -> Bool {
    let reading = ReferenceReading(
      imAddress: event.text("imAddress"),
      source: event.text("source") ?? "",
      device: event.text("device"),
      state: event.text("state") == "idle" ? "online" : event.text("state") ?? "",
      message: event.text("statusMessage"),
      observedAt: observedAt,
      sequence: event.number("sequence"),
      leaseSeconds: event.number("leaseSeconds"),
      renewedAt: now
    )
    let known = user.readings.firstIndex {
      !$0.isLookedUp && $0.source == reading.source && $0.device == reading.device && $0.imAddress == reading.imAddress
    }
    if let known {
      let last = user.readings[known]
      if let sequence = reading.sequence, let lastSequence = last.sequence {
        if sequence <= lastSequence { return false }
      } else if reading.observedAt <= last.observedAt {
        return false
      }
    }
    // Rule 6: a look-up's answer is a view of the whole identity, until a later push replaces it.
    for index in user.readings.indices where user.readings[index].isLookedUp {
      let view = user.readings[index]
      let isSameIdentity =
        view.imAddress == reading.imAddress || (user.counts(view.imAddress) && user.counts(reading.imAddress))
      guard isSameIdentity else { continue }
      if view.isLive, view.observedAt > observedAt, let until = view.validUntil, until > now { return false }
      user.readings[index].standing = .superseded
    }
    if let known { user.readings[known] = reading } else { user.readings.append(reading) }
    if user.counts(reading.imAddress) { user.lookupFailed = false }
    return true
  }

  /// Rules 3, 4 and 6 for what the resolver has found.
  private func answer(_ event: ReferenceEvent, _ observedAt: Int64, now: Int64, to user: inout ReferenceUser) -> Bool {
    let address = event.text("imAddress")
    guard user.identity == nil ? address != nil : user.counts(address) else { return false }
    if event.object("failure") != nil {
      user.interest.wishedAt = 0
      user.interest.answeredBy = 0
      user.interest.failedUntil = now + rules.failureMemory
      if user.interest.until > now { user.interest.refreshAt = now + rules.lookupTimeout }
      let winner = user.winner
      if let winner, winner.validUntil.map({ $0 > now }) ?? true { return true }
      user.lookupFailed = true
      return true
    }
    guard let state = event.text("state") else { return false }
    let view = user.readings.firstIndex { $0.isLookedUp && user.counts($0.imAddress) }
    if let view, user.readings[view].observedAt >= observedAt { return false }
    var standing = ReferenceReading.Standing.live
    for index in user.readings.indices {
      let pushed = user.readings[index]
      guard !pushed.isLookedUp, pushed.isLive, user.counts(pushed.imAddress) else { continue }
      if pushed.observedAt > observedAt {
        standing = .superseded
      } else {
        user.readings[index].standing = .superseded
      }
    }
    let freshness = event.number("validForSeconds").map { Int64($0) * 1_000 } ?? ReferenceModel.defaultFreshness
    let reading = ReferenceReading(
      imAddress: address,
      source: event.text("source") ?? "",
      state: state,
      message: event.text("statusMessage"),
      observedAt: observedAt,
      validUntil: observedAt + freshness,
      standing: standing
    )
    if let view { user.readings[view] = reading } else { user.readings.append(reading) }
    user.lookupFailed = false
    user.interest.wishedAt = 0
    user.interest.answeredBy = 0
    user.interest.failedUntil = 0
    if user.interest.until > now {
      user.interest.refreshAt = ReferenceModel.refreshMoment(before: observedAt + freshness, now)
    }
    return true
  }

  /// Rule 2: what the portal says, and which identity counts.
  func applyProfile(_ event: ReferenceEvent, created: Int64, now: Int64, _ work: inout Work) {
    guard let name = event.text("user") else { return }
    let known = user(name, work).flatMap { $0.deletedAt == nil ? $0 : nil }
    var user = known ?? ReferenceUser(name: name, creation: created)
    let profile = ReferenceProfile(
      displayName: event.text("displayName"),
      mail: event.text("mail"),
      enterpriseAddress: event.text("enterpriseAddress"),
      networkAddress: event.object("networkPresence")?.text("imAddress"),
      networkName: event.object("networkPresence")?.text("displayName"),
      presenceEnabled: event.flag("presenceEnabled") ?? true,
      updatedAt: event.time("updatedAt")
    )
    if let new = profile.updatedAt, let old = user.profile?.updatedAt, new < old { return }
    let oldIdentity = user.identity
    user.profile = profile
    if user.identity?.lowercased() != oldIdentity?.lowercased() {
      user.lookupFailed = false
      user.interest.wishedAt = 0
      user.interest.answeredBy = 0
      user.interest.failedUntil = 0
      // Somebody who had an identity is looked up at the new one, where nothing is known of it.
      if known != nil, oldIdentity != nil, user.canBeReachedByIM, user.winner == nil {
        lookUp("addressChanged", notOlderThan: now, now: now, &user, &work)
      }
    }
    keep(user, &work)
  }

  func delete(_ input: StoredRecord, _ work: inout Work) {
    let at = input.timestamp.milliseconds
    if let deletedAt = user(input.keyText, work)?.deletedAt, deletedAt >= at { return }
    var user = ReferenceUser(name: input.keyText, creation: at)
    user.deletedAt = at
    keep(user, &work)
  }
}
