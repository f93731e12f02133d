// SPDX-License-Identifier: Apache-2.0

import Worker

/// The contact rules.
extension ReferenceModel {
  /// What is known of the recipient's presence.
  private enum Knowledge: Equatable {
    case fresh(String)
    case unasked
    case failed
    case late
  }

  private enum End {
    case mail(String)
    case im
    case rejected(String)
    case expired
    case lookUp
  }

  mutating func applyRequest(_ event: ReferenceEvent, now: Int64, _ work: inout Work) {
    guard let id = event.text("id"), let recipient = event.text("recipient") else { return }
    let identity = "\(recipient)\u{0}\(id)"
    guard !isDecided(identity, work) else { return }  // rule 2
    let user = self.user(recipient, work).flatMap { $0.deletedAt == nil ? $0 : nil }
    let knowledge = knowledge(of: user, event.object("resolution"), now: now)
    let end = end(of: event, user, knowledge, now: now)
    var verdict = "dispatched"
    var channel: String?
    var reason: String?
    switch end {
    case .lookUp:
      work.outputs.append(
        (.presenceLookups, recipient, .lookup(address: user?.identity, reason: "contact", request: id))
      )
      return
    case .mail(let why):
      channel = "mail"
      work.outputs.append((.mailDispatches, recipient, .mail(request: id, to: user?.profile?.mail, reason: why)))
    case .im:
      channel = "im"
      work.outputs.append((.imDispatches, recipient, .im(request: id, to: user?.identity)))
    case .rejected(let why):
      verdict = "rejected"
      reason = why
    case .expired: verdict = "expired"
    }
    var (state, quality) = (user?.view.state, user?.view.quality)
    if case .fresh(let found) = knowledge, quality != "fresh" || state != found { (state, quality) = (found, "fresh") }
    work.outputs.append(
      (
        .contactOutcomes, recipient,
        .outcome(request: id, verdict: verdict, channel: channel, reason: reason, state: state, quality: quality)
      )
    )
    decide(identity, work)
  }

  /// Rule 6: from the cache while that is fresh, else what the resolver has found out for the request.
  private func knowledge(of user: ReferenceUser?, _ resolution: ReferenceEvent?, now: Int64) -> Knowledge {
    guard let user else { return .unasked }
    let view = user.view
    if view.quality == "fresh", view.validUntil.map({ $0 > now }) ?? true { return .fresh(view.state) }
    guard let resolution else { return .unasked }
    guard user.counts(resolution.text("imAddress")) else { return .failed }
    if let state = resolution.text("state") { return .fresh(state) }
    return resolution.object("failure")?.text("code") == "deadlinePassed" ? .late : .failed
  }

  private func end(of event: ReferenceEvent, _ user: ReferenceUser?, _ knowledge: Knowledge, now: Int64) -> End {
    let requester = event.object("requester")
    if requester?.text("user") == event.text("recipient") { return .rejected("selfContact") }
    guard let user else { return .rejected("noSuchUser") }
    func mail(_ reason: String) -> End {
      if user.profile?.mail == nil { return .rejected("noMailAddress") }
      if requester?.text("mail") == nil { return .rejected("noSenderAddress") }
      return .mail(reason)
    }
    let channel = event.text("channel")
    let start = min(event.time("requestedAt") ?? now, now)
    let span = event.number("expiresInSeconds").map(Int64.init) ?? (channel == "mail" ? nil : 10)
    let isExpired = span.map { now >= start + $0 * 1_000 } ?? false
    let isTooLateToAsk = span.map { now >= start + $0 * 700 } ?? false
    if channel == "mail" {
      let end = mail("requested")
      if case .mail = end, isExpired { return .expired }
      return end
    }
    let isOutOfTime =
      isExpired || knowledge == .late || (isTooLateToAsk && (knowledge == .unasked || knowledge == .failed))
    let isEnabled = user.profile?.presenceEnabled != false
    return channel == "auto"
      ? auto(user, knowledge, isEnabled: isEnabled, isOutOfTime: isOutOfTime, mail: mail)
      : im(
        user,
        knowledge,
        isEnabled: isEnabled,
        isOutOfTime: isOutOfTime,
        fallBack: { event.flag("fallback") ?? true ? mail($0) : $1 }
      )
  }

  private func auto(
    _ user: ReferenceUser,
    _ knowledge: Knowledge,
    isEnabled: Bool,
    isOutOfTime: Bool,
    mail: (String) -> End
  ) -> End {
    guard isEnabled else { return mail("imUnavailable") }
    switch knowledge {
    case .fresh("busy"): return mail("recipientBusy")
    case .fresh("away"): return mail("recipientAway")
    case .fresh("offline"): return mail("recipientOffline")
    default: break
    }
    guard user.canBeReachedByIM else { return mail("imUnavailable") }
    if isOutOfTime || knowledge == .failed { return mail("presenceUnknown") }
    return knowledge == .unasked ? .lookUp : .im
  }

  private func im(
    _ user: ReferenceUser,
    _ knowledge: Knowledge,
    isEnabled: Bool,
    isOutOfTime: Bool,
    fallBack: (String, End) -> End
  ) -> End {
    guard isEnabled, user.canBeReachedByIM else { return fallBack("imUnavailable", .rejected("channelUnavailable")) }
    if isOutOfTime {
      return fallBack(knowledge == .fresh("offline") ? "recipientOffline" : "presenceUnknown", .expired)
    }
    switch knowledge {
    case .fresh("offline"): return fallBack("recipientOffline", .rejected("recipientOffline"))
    case .fresh: return .im
    case .failed, .late: return fallBack("presenceUnknown", .rejected("channelUnavailable"))
    case .unasked: return .lookUp
    }
  }
}
