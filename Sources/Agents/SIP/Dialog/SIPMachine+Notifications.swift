// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// What the server tells by itself: judged, answered, and turned into readings.
extension SIPMachine {
  /// A request has come.
  mutating func receivedRequest(_ message: SIPMessage, _ now: Now) {
    switch message.method {
    case "NOTIFY": receivedNotify(message, isAnswered: true, now)
    case "BENOTIFY": receivedNotify(message, isAnswered: false, now)  // Microsoft's NOTIFY without an answer
    case "OPTIONS": answer(message, 200, "OK")
    case "ACK": break
    default:
      count(.unexpectedRequest)
      answer(message, 405, "Method Not Allowed")
    }
  }

  private mutating func answer(_ message: SIPMessage, _ status: Int, _ reason: String) {
    actions.append(.send(requests.answer(message, status: status, reason: reason, tag: token(16)).bytes))
  }

  private mutating func receivedNotify(_ message: SIPMessage, isAnswered: Bool, _ now: Now) {
    func refuse(_ machine: inout SIPMachine, _ refusal: SIPRefusal, _ status: Int, _ reason: String) {
      machine.count(refusal)
      if isAnswered { machine.answer(message, status, reason) }
    }
    guard let callID = message["Call-ID"], let id = ofCallID[callID], var subscription = subscriptions[id],
      message["To"].flatMap(SIPNameAddress.init)?.tag == subscription.dialog.localTag,
      let remoteTag = message["From"].flatMap(SIPNameAddress.init)?.tag,
      subscription.dialog.remoteTag == nil || subscription.dialog.remoteTag == remoteTag
    else { return refuse(&self, .unknownDialog, 481, "Subscription does not exist") }
    guard let sequence = message["CSeq"].flatMap(SIPSequence.init), sequence.method == message.method else {
      return refuse(&self, .malformedMessage, 400, "Bad CSeq")
    }
    if let last = subscription.dialog.remoteSequence {
      if sequence.number == last {  // its answer got lost
        if isAnswered { answer(message, 200, "OK") }
        return
      }
      // Of lists the version counts instead ([MS-SIP] 3.3.5.1).
      guard sequence.number > last || settings.isBatching else {
        return refuse(&self, .outOfOrder, 500, "Out of order")
      }
    }
    guard message["Event"].map({ SIPParameters($0).value.lowercased() }) == "presence" else {
      return refuse(&self, .unexpectedRequest, 489, "Bad Event")
    }
    guard let state = message["Subscription-State"].map(SIPParameters.init) else {
      return refuse(&self, .malformedMessage, 400, "No Subscription-State")
    }
    subscription.dialog.remoteSequence = max(sequence.number, subscription.dialog.remoteSequence ?? 0)
    if subscription.dialog.remoteTag == nil {
      subscription.dialog.remoteTag = remoteTag
      subscription.dialog.routes = routes(of: message)
    }
    if let contact = message["Contact"].flatMap(SIPNameAddress.init) { subscription.dialog.remoteTarget = contact.uri }
    subscriptions[id] = subscription
    if isAnswered { answer(message, 200, "OK") }
    guard subscription.phase != .ending else {
      if state.value.lowercased() == "terminated" { forget(id) }
      return
    }
    takeState(id, state, message, now)
  }

  private mutating func takeState(_ id: UInt64, _ state: SIPParameters, _ message: SIPMessage, _ now: Now) {
    guard let subscription = subscriptions[id] else { return }
    let isTerminated = state.value.lowercased() == "terminated"
    if subscription.isFetch {
      if !message.body.isEmpty { apply(id, message, now) }
      if isTerminated { finishFetch(id, failing: nil) }
      return
    }
    if !isTerminated, let seconds = state["expires"].flatMap({ UInt32($0) }), seconds > 0 {
      let term = min(Duration.seconds(Int64(seconds)), max(settings.expires, subscription.minimumExpires ?? .zero))
      // Only a term that ends before the one that is known, by more than what rounding does, needs another moment of
      // refreshing: to draw one at each notification would put it off.
      if now.instant + term + .seconds(2) < subscription.expiresAt { setTerm(id, term, now) }
      if subscription.expiresAt == .zero { subscriptions[id]?.expiresAt = now.instant + term }
    }
    if message.body.isEmpty {
      withdraw(id)
    } else {
      apply(id, message, now)
    }
    if isTerminated { terminated(id, state, now) }
  }

  /// The server has ended a subscription (RFC 6665, section 4.1.3).
  private mutating func terminated(_ id: UInt64, _ state: SIPParameters, _ now: Now) {
    let retryAfter = state["retry-after"].flatMap { UInt32($0) }.map { Duration.seconds(Int64(min($0, 3_600))) }
    let error = AgentError(.unavailable, "The presence server has ended the subscription.", retryAfter: retryAfter)
    switch state["reason"]?.lowercased() {
    case "deactivated", "timeout": startAnew(id, now)
    case "rejected", "noresource", "invariant": refuse(id, error, now)
    default: retry(id, error, after: retryAfter, now)
    }
  }

  // MARK: Documents

  /// Takes what a message says of the members of a subscription.
  mutating func apply(_ id: UInt64, _ message: SIPMessage, _ now: Now) {
    let content: PresenceContent
    do throws(PresenceDocument.Problem) {
      content = try PresenceContent.parse(contentType: message["Content-Type"] ?? "", body: message.body)
    } catch {
      return count(error == .unknownType ? .unknownDocument : .malformedDocument)
    }
    if let version = content.version {
      if let last = subscriptions[id]?.listVersion, version < last { return count(.outdatedDocument) }
      subscriptions[id]?.listVersion = version
    }
    var events: [LiveEvent] = []
    for document in content.documents {
      guard let key = member(of: id, for: document) else {
        count(.foreignEntity)
        continue
      }
      guard let answer = answer(of: document, id, key) else { continue }
      if let event = take(answer, id, key, now) { events.append(event) }
    }
    for entry in content.entries { apply(entry, id, now) }
    if !events.isEmpty { actions.append(.post(events)) }
    if let subscription = subscriptions[id], subscription.isFetch,
      subscription.found.count == subscription.members.count
    {
      finishFetch(id, failing: nil)
    }
  }

  /// Whom a document is about: the only member, whatever the server calls the person, or the one whom it names.
  private func member(of id: UInt64, for document: PresenceDocument) -> String? {
    guard let subscription = subscriptions[id] else { return nil }
    let members = subscription.members
    if !settings.isBatching || subscription.isAlone { return members.keys.first }
    return document.entity.map(SIPTarget.key).flatMap { members[$0] == nil ? nil : $0 }
  }

  /// What a document comes to; nil where it changes nothing.
  private mutating func answer(of document: PresenceDocument, _ id: UInt64, _ key: String) -> AgentAnswer?? {
    do throws(PresenceDocument.Problem) {
      switch document.format {
      case .pidf: return .some(try PIDFFormat.parse(document.root))
      case .msrtcPIDF:
        if let answer = try MSRTCPIDFFormat.parse(document.root) { return .some(answer) }
        count(.undefinedState)
        return nil
      case .msrtcCategories:
        guard var categories = subscriptions[id]?.members[key]?.categories else { return nil }
        let outcome = try categories.apply(document.root)
        subscriptions[id]?.members[key]?.categories = categories
        switch outcome {
        case .applied(let answer): return .some(answer)
        case .outdated: count(.outdatedDocument)
        case .undefinedAvailability: count(.undefinedState)
        }
        return nil
      }
    } catch {
      count(.malformedDocument)
      return nil
    }
  }

  /// Makes an answer what is known of a member.
  private mutating func take(_ answer: AgentAnswer?, _ id: UInt64, _ key: String, _ now: Now) -> LiveEvent? {
    guard let answer else {
      // Nobody publishes for this person: what was read before is not renewed, and nothing is made up in its place.
      subscriptions[id]?.members[key]?.answer = nil
      count(.undefinedState)
      return nil
    }
    subscriptions[id]?.members[key]?.answer = answer
    guard let subscription = subscriptions[id], let member = subscription.members[key] else { return nil }
    if subscription.isFetch {
      subscriptions[id]?.found[member.address] = answer
      return nil
    }
    subscriptions[id]?.isLost = false
    status.readings += 1
    return .reading(reading(of: member, answer, in: subscription, now))
  }

  private mutating func reading(
    of member: SIPSubscription.Member,
    _ answer: AgentAnswer,
    in subscription: SIPSubscription,
    _ now: Now
  ) -> LiveReading {
    lastWall = max(now.wall, lastWall.adding(milliseconds: 1))  // later readings have later moments
    let term = subscription.expiresAt == .zero ? settings.expires : subscription.expiresAt - now.instant
    return LiveReading(
      address: member.address,
      state: answer.state,
      statusMessage: answer.statusMessage,
      observedAt: lastWall,
      leaseSeconds: max(1, Int(term / .seconds(1)))
    )
  }

  /// The server holds on to a subscription without a word: what it said last holds for another term.
  mutating func renew(_ id: UInt64, _ now: Now) {
    guard let subscription = subscriptions[id] else { return }
    subscriptions[id]?.isLost = false
    var events: [LiveEvent] = []
    for member in subscription.members.values {
      guard let answer = member.answer else { continue }
      events.append(.reading(reading(of: member, answer, in: subscription, now)))
    }
    if !events.isEmpty { actions.append(.post(events)) }
  }

  /// A notification without a document: there is no state that holds any more, and none is made up.
  private mutating func withdraw(_ id: UInt64) {
    guard let keys = subscriptions[id]?.members.keys else { return }
    for key in keys { subscriptions[id]?.members[key]?.answer = nil }
  }

  /// What the server says of a member of a batch for whom it has no document.
  private mutating func apply(_ entry: PresenceContent.Entry, _ id: UInt64, _ now: Now) {
    guard let subscription = subscriptions[id], let member = subscription.members[SIPTarget.key(of: entry.uri)] else {
      return count(.foreignEntity)
    }
    guard !subscription.isFetch else { return }
    subscriptions[id]?.members[member.target.key]?.answer = nil
    switch entry.state {
    case .terminated:
      let error = AgentError(.unavailable, "The presence server does not tell of this address.")
      actions.append(.post([.refused(member.address, error)]))
    case .resubscribe:
      guard !subscription.isAlone else { return }
      subscriptions[id]?.members[member.target.key] = nil
      let alone = newSubscription(.standing, members(of: [member.address]))
      subscriptions[alone]?.isAlone = true
      ofAddress[member.address] = alone
      if subscriptions[id]?.members.isEmpty == true { giveBack(id, now) }
      queue.append(alone)
    }
  }
}
