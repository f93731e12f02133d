// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Asks for single addresses over a component's connection.
///
/// A probe has any number of answers and no end. Behind each goes a ping to the user's server: servers handle what comes
/// from one connection in its order, so what has not been said when the ping comes back is not said, but for a short while
/// that a server needs whose sessions answer by themselves.
struct XMPPLookupMachine: XMPPRole {
  /// What has become of a look-up.
  struct Finding: Sendable {
    var id: UInt64
    /// nil where the network says nothing of the address.
    var result: Result<AgentAnswer?, AgentError>
  }

  private struct Lookup {
    var jid: XMPPAddress
    var deadline: Duration
    var isSent = false
    var isFenced = false
    var quietAt: Duration?
    var readings: [String: XMPPShow.Reading] = [:]
    var offline: XMPPWatch.Offline?
    var isRefused = false
    var failure: AgentError?
  }

  /// For how long answers may follow each other.
  static let quiet = Duration.milliseconds(100)
  /// Of how many users it is remembered that they were asked to be seen.
  static let maximumAsked = 100_000

  var outbox = ""
  var effects: [Finding] = []

  private let asksForSubscription: Bool
  private let languages: [String]
  private var component: String?
  private var lookups: [UInt64: Lookup] = [:]
  private var asked: [String: Duration] = [:]
  private var lastFailure: AgentError?

  init(asksForSubscription: Bool, languages: [String]) {
    self.asksForSubscription = asksForSubscription
    self.languages = languages
  }

  /// How many look-ups wait.
  var count: Int { lookups.count }

  // MARK: Look-ups

  mutating func ask(_ id: UInt64, _ jid: XMPPAddress, timeout: Duration, at moment: XMPPMoment) {
    if let lastFailure, component == nil {
      effects.append(Finding(id: id, result: .failure(lastFailure)))
      return
    }
    lookups[id] = Lookup(jid: jid, deadline: moment.time + timeout)
    send(id)
  }

  /// Gives up a look-up that nobody waits for any more.
  mutating func cancel(_ id: UInt64) {
    guard lookups[id] != nil else { return }
    finish(id, .failure(AgentError(.cancelled, "The look-up was given up.")))
  }

  private mutating func send(_ id: UInt64) {
    guard let component, var lookup = lookups[id], !lookup.isSent else { return }
    outbox += XMPPStanzas.presence("probe", from: component, to: lookup.jid.bare)
    outbox += XMPPStanzas.ping("fence-\(id)", from: component, to: String(lookup.jid.domain))
    lookup.isSent = true
    lookups[id] = lookup
  }

  // MARK: The connection

  mutating func connecting() { lastFailure = nil }

  mutating func opened(as component: String, at moment: XMPPMoment) {
    self.component = component
    for id in lookups.keys.sorted() { send(id) }
  }

  mutating func closed(_ error: AgentError, at moment: XMPPMoment) {
    component = nil
    lastFailure = error
    for id in lookups.keys.sorted() { finish(id, .failure(error)) }
  }

  mutating func refused(_ reason: XMPPRefusal) {}

  mutating func received(_ presence: XMPPPresence, at moment: XMPPMoment) throws(XMPPRefusal) {
    let bare = presence.from.bare
    if presence.kind == .subscribe, asked[bare] != nil {
      outbox += XMPPStanzas.presence("subscribed", from: component ?? "", to: bare)
    }
    for (id, lookup) in lookups where lookup.isSent && lookup.jid.bare == bare {
      var lookup = lookup
      note(presence, &lookup)
      if lookup.isFenced { lookup.quietAt = moment.time + Self.quiet }
      lookups[id] = lookup
    }
  }

  private func note(_ presence: XMPPPresence, _ lookup: inout Lookup) {
    let message = presence.message(in: languages)
    switch presence.kind {
    case .available(let state):
      let name = presence.from.resource ?? ""
      guard lookup.readings[name] != nil || lookup.readings.count < XMPPWatchMachine.Settings.maximumResources else {
        return
      }
      lookup.readings[name] = XMPPShow.Reading(state: state, message: message, priority: presence.priority)
    case .unavailable:
      if let name = presence.from.resource {
        lookup.readings[name] = nil
      } else {
        lookup.readings = [:]
        lookup.offline = XMPPWatch.Offline(message: message)
      }
    case .unsubscribed: lookup.isRefused = true
    case .error(let condition, let isTransient):
      lookup.isRefused = !isTransient
      lookup.failure =
        isTransient ? AgentError(.unavailable, "The user's server cannot be asked.", detail: condition) : nil
    case .subscribe, .subscribed, .unsubscribe, .probe: break
    }
  }

  mutating func answered(
    _ id: String,
    by source: XMPPAddress,
    failure: XMPPPresence.Kind?,
    at moment: XMPPMoment
  ) throws(XMPPRefusal) {
    guard let number = id.hasPrefix("fence-") ? UInt64(id.dropFirst("fence-".count)) : nil,
      var lookup = lookups[number]
    else { return }  // too late, or to a look-up that was given up
    guard source.bare == lookup.jid.domain, source.resource == nil else { throw .unwatchedSource }
    lookup.isFenced = true
    if case .error(let condition, true)? = failure {
      lookup.failure = AgentError(.unavailable, "The user's server cannot be asked.", detail: condition)
    }
    lookup.quietAt = moment.time + Self.quiet
    lookups[number] = lookup
    if lookup.isRefused || lookup.failure != nil || (lookup.offline != nil && lookup.readings.isEmpty) {
      conclude(number, moment)
    }
  }

  // MARK: The end of a look-up

  mutating func advance(at moment: XMPPMoment) -> Duration? {
    for id in lookups.keys.sorted() {
      guard let lookup = lookups[id] else { continue }
      if let quietAt = lookup.quietAt, quietAt <= moment.time {
        conclude(id, moment)
      } else if lookup.deadline <= moment.time {
        finish(id, .failure(AgentError(.timeout, "The XMPP server does not answer in time.")))
      }
    }
    return lookups.values.map { min($0.deadline, $0.quietAt ?? $0.deadline) }.min()
  }

  private mutating func conclude(_ id: UInt64, _ moment: XMPPMoment) {
    guard let lookup = lookups[id] else { return }
    if lookup.isRefused {
      askForSubscription(of: lookup.jid, moment)
      finish(id, .success(nil))
    } else if !lookup.readings.isEmpty {
      let readings = lookup.readings.sorted { $0.key < $1.key }.map(\.value)
      finish(id, .success(XMPPShow.combine(readings)))
    } else if let offline = lookup.offline {
      finish(id, .success(AgentAnswer(.offline, message: offline.message)))
    } else if let failure = lookup.failure {
      finish(id, .failure(failure))
    } else {
      // ejabberd says nothing of those who are offline, nor of those who do not let themselves be seen.
      askForSubscription(of: lookup.jid, moment)
      finish(id, .success(nil))
    }
  }

  private mutating func finish(_ id: UInt64, _ result: Result<AgentAnswer?, AgentError>) {
    lookups[id] = nil
    effects.append(Finding(id: id, result: result))
  }

  /// Asks a user to be seen, once a day at most.
  private mutating func askForSubscription(of jid: XMPPAddress, _ moment: XMPPMoment) {
    guard asksForSubscription, let component else { return }
    if let askedAt = asked[jid.bare], moment.time < askedAt + XMPPWatchMachine.Settings.askingPause { return }
    if asked.count >= Self.maximumAsked { asked = [:] }
    asked[jid.bare] = moment.time
    outbox += XMPPStanzas.presence("subscribe", from: component, to: jid.bare)
  }
}
