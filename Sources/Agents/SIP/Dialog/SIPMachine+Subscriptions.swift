// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// What becomes of subscriptions: agreed to, refreshed, lost, refused, given back.
extension SIPMachine {
  /// The server has agreed to a subscription, or to another term of it.
  mutating func accepted(_ id: UInt64, _ message: SIPMessage, _ transaction: Transaction, _ now: Now) {
    guard var subscription = subscriptions[id] else { return }
    let tag = message["To"].flatMap(SIPNameAddress.init)?.tag
    if subscription.dialog.remoteTag == nil { subscription.dialog.remoteTag = tag }
    // Of a SUBSCRIBE that has forked, the one whose NOTIFY was first has the dialogue.
    if subscription.dialog.remoteTag == tag {
      if let contact = message["Contact"].flatMap(SIPNameAddress.init) {
        subscription.dialog.remoteTarget = contact.uri
      }
      if !transaction.isRefresh { subscription.dialog.routes = routes(of: message).reversed() }
    }
    if let sequence = message["ms-piggyback-cseq"].flatMap({ UInt32($0) }) {
      subscription.dialog.remoteSequence = max(sequence, subscription.dialog.remoteSequence ?? 0)
    }
    subscription.failures = 0
    subscription.isLost = false
    subscription.phase = .active
    subscriptions[id] = subscription
    if subscription.isFetch {
      guard !message.body.isEmpty else { return }  // the NOTIFY will tell
      apply(id, message, now)
      return finishFetch(id, failing: nil)
    }
    let granted = message["Expires"].flatMap { UInt32($0) }.map { Duration.seconds(Int64($0)) } ?? transaction.expires
    guard granted > .zero else {
      return retry(id, AgentError(.unavailable, "The presence server has ended the subscription."), after: nil, now)
    }
    setTerm(id, min(granted, transaction.expires), now)
    if !message.body.isEmpty {
      apply(id, message, now)  // the first notification rides on the answer
    } else if transaction.isRefresh {
      renew(id, now)
    }
  }

  /// The route of a dialogue, as the message that made it tells.
  func routes(of message: SIPMessage) -> [String] {
    message.all("Record-Route").flatMap { SIPParameters.split($0, at: ",") }.filter { !$0.isEmpty }
  }

  /// The server holds a subscription for that long from now on: refresh it before.
  mutating func setTerm(_ id: UInt64, _ term: Duration, _ now: Now) {
    subscriptions[id]?.expiresAt = now.instant + term
    setTimer(id, at: now.instant + term * Double.random(in: 0.5...0.8))
  }

  /// Wakes a subscription at that moment, and at no other.
  mutating func setTimer(_ id: UInt64, at instant: Duration) {
    guard let timer = subscriptions[id].map({ $0.timer &+ 1 }) else { return }
    subscriptions[id]?.timer = timer
    timers.insert(.subscription(id, timer: timer), at: instant)
  }

  mutating func timerOfSubscriptionFired(_ id: UInt64, _ now: Now) {
    switch subscriptions[id]?.phase {
    case .active?, .pausing?:
      subscriptions[id]?.phase = .queued
      queue.append(id)
    case .ending?: forget(id)
    case .queued?, .subscribing?, nil: break
    }
  }

  /// Another try after a pause, and word of the loss.
  mutating func retry(_ id: UInt64, _ error: AgentError, after pause: Duration?, _ now: Now) {
    guard var subscription = subscriptions[id] else { return }
    subscription.failures += 1
    subscription.phase = .pausing
    subscription.expiresAt = .zero
    subscriptions[id] = subscription
    resetDialog(id)
    tellLoss(id, error)
    setTimer(id, at: now.instant + max(pause ?? .zero, self.pause(after: subscription.failures)))
  }

  /// The server does not want to be asked: another try, but much later.
  mutating func refuse(_ id: UInt64, _ error: AgentError, _ now: Now) {
    guard var subscription = subscriptions[id] else { return }
    subscription.phase = .pausing
    subscription.expiresAt = .zero
    subscription.isLost = true
    let addresses = subscription.members.values.map(\.address)
    for key in subscription.members.keys { subscription.members[key]?.answer = nil }
    subscriptions[id] = subscription
    status.lastFailure = error
    resetDialog(id)
    actions.append(.post(addresses.map { .refused($0, error) }))
    setTimer(id, at: now.instant + Self.refusalPause * Double.random(in: 1...1.25))
  }

  /// The server has forgotten the subscription, as after a restart: a new dialogue, at once.
  mutating func startAnew(_ id: UInt64, _ now: Now) {
    status.losses += 1
    subscriptions[id]?.phase = .queued
    resetDialog(id)
    queue.append(id)
  }

  /// A dialogue that nobody knows.
  private mutating func resetDialog(_ id: UInt64) {
    guard let old = subscriptions[id]?.dialog.callID else { return }
    let dialog = newDialog()
    ofCallID[old] = nil
    ofCallID[dialog.callID] = id
    subscriptions[id]?.dialog = dialog
    subscriptions[id]?.listVersion = nil
    // Another server, or the same one without its memory, may publish with other times.
    if let keys = subscriptions[id]?.members.keys {
      for key in keys { subscriptions[id]?.members[key]?.categories = MSRTCCategoriesFormat() }
    }
  }

  /// Tells once that nothing is heard any more.
  mutating func tellLoss(_ id: UInt64, _ error: AgentError) {
    guard let subscription = subscriptions[id], !subscription.isFetch, !subscription.isLost else { return }
    subscriptions[id]?.isLost = true
    status.losses += 1
    status.lastFailure = error
    actions.append(.post(subscription.members.values.map { .lost($0.address, error) }))
  }

  /// Gives a subscription back to the server, if that knows it.
  mutating func giveBack(_ id: UInt64, _ now: Now) {
    guard let subscription = subscriptions[id] else { return }
    guard subscription.isEstablished, connection == .up, subscription.phase != .ending else {
      if subscription.phase != .ending { forget(id) }
      return
    }
    subscriptions[id]?.phase = .ending
    setTimer(id, at: now.instant + settings.timeout)
    queue.append(id)
  }

  /// A subscription that was given back; its last NOTIFY may still be on its way.
  mutating func forgetLater(_ id: UInt64, _ now: Now) {
    if isClosing { forget(id) } else { setTimer(id, at: now.instant + Self.longestRetransmission) }
  }

  mutating func forget(_ id: UInt64) {
    guard let subscription = subscriptions[id] else { return }
    subscriptions[id] = nil
    ofCallID[subscription.dialog.callID] = nil
    for member in subscription.members.values where ofAddress[member.address] == id { ofAddress[member.address] = nil }
  }

  /// Ends a fetch: with what was found, or with an error.
  mutating func finishFetch(_ id: UInt64, failing error: AgentError?) {
    guard let subscription = subscriptions[id], case .fetch(let fetch) = subscription.purpose else { return }
    forget(id)
    var answers: [IMAddress: AgentAnswer] = [:]
    for address in subscription.spellings {
      guard let key = member(of: address)?.target.key, let member = subscription.members[key] else { continue }
      answers[address] = subscription.found[member.address]
    }
    actions.append(.finish(fetch: fetch, error.map { .failure($0) } ?? .success(answers)))
  }
}
