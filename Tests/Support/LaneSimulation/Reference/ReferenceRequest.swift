// SPDX-License-Identifier: Apache-2.0

/// A contact request at one moment, and the end that the contact rules give it.
struct ReferenceRequest {
  /// What is known of the recipient's presence.
  enum Knowledge: Equatable {
    case fresh(String)
    case unasked
    case failed
    case late
  }

  enum End {
    case mail(String)
    case im
    case rejected(String)
    case expired
    case lookUp
  }

  private let event: ReferenceEvent
  private let user: ReferenceUser?
  private let now: Int64
  let knowledge: Knowledge
  var isLimited = false
  var isEnabledInSpace = true
  var services = ["mail", "im"]

  init(_ event: ReferenceEvent, _ user: ReferenceUser?, now: Int64) {
    self.event = event
    self.user = user
    self.now = now
    knowledge = ReferenceRequest.knowledge(of: user, event.object("resolution"), now: now)
  }

  /// Rule 6: from the cache while that is fresh, else what the resolver has found out for the request.
  private static func knowledge(of user: ReferenceUser?, _ resolution: ReferenceEvent?, now: Int64) -> Knowledge {
    guard let user else { return .unasked }
    let view = user.view
    if view.quality == "fresh", view.validUntil.map({ $0 > now }) ?? true { return .fresh(view.state) }
    guard let resolution else { return .unasked }
    guard user.counts(resolution.text("imAddress")) else { return .failed }
    if let state = resolution.text("state") { return .fresh(state) }
    return resolution.object("failure")?.text("code") == "deadlinePassed" ? .late : .failed
  }

  private var channel: String { event.text("channel") ?? "" }
  private var fallsBack: Bool { event.flag("fallback") ?? true }
  private var offersMail: Bool { services.contains("mail") }
  private var offersIM: Bool { services.contains("im") && isEnabledInSpace }
  private var span: Int64? {
    event.number("expiresInSeconds").map(Int64.init) ?? (channel == "mail" ? nil : 10)
  }
  /// Negative ages do not exist.
  private var start: Int64 { min(event.time("requestedAt") ?? now, now) }
  private var isExpired: Bool { span.map { now >= start + $0 * 1_000 } ?? false }
  private var isOutOfTime: Bool {
    let isTooLateToAsk = span.map { now >= start + $0 * 700 } ?? false
    return isExpired || knowledge == .late || (isTooLateToAsk && (knowledge == .unasked || knowledge == .failed))
  }

  /// The end, by the rules in their order.
  var end: End {
    if event.object("requester")?.text("user") == event.text("recipient") { return .rejected("selfContact") }
    guard let user else { return .rejected("noSuchUser") }
    if isLimited { return .rejected("tooManyRequests") }
    let mailWillDo = offersMail && (channel != "im" || fallsBack)
    let imWillDo = offersIM && channel != "mail"
    guard mailWillDo || imWillDo else {
      return .rejected(channel != "mail" && !isEnabledInSpace ? "impDisabled" : "channelUnavailable")
    }
    switch channel {
    case "mail":
      let end = mail("requested", to: user)
      if case .mail = end, isExpired { return .expired }
      return end
    case "auto": return auto(user)
    default: return im(user)
    }
  }

  private func mail(_ reason: String, to user: ReferenceUser) -> End {
    guard offersMail else { return .rejected("channelUnavailable") }
    if user.profile?.mail == nil { return .rejected("noMailAddress") }
    let requester = event.object("requester")
    guard requester?.text("mail") != nil || requester?.text("mailClient") == "local" else {
      return .rejected("noSenderAddress")
    }
    return .mail(reason)
  }

  private func auto(_ user: ReferenceUser) -> End {
    func mailInstead(_ reason: String) -> End {
      !offersMail && isOutOfTime ? .expired : mail(reason, to: user)
    }
    guard offersIM, user.profile?.presenceEnabled != false else { return mailInstead("imUnavailable") }
    switch knowledge {
    case .fresh("busy"): return mailInstead("recipientBusy")
    case .fresh("away"): return mailInstead("recipientAway")
    case .fresh("offline"): return mailInstead("recipientOffline")
    default: break
    }
    guard user.canBeReachedByIM else { return mailInstead("imUnavailable") }
    if isOutOfTime || knowledge == .failed { return mailInstead("presenceUnknown") }
    return knowledge == .unasked ? .lookUp : .im
  }

  private func im(_ user: ReferenceUser) -> End {
    func mailInstead(_ reason: String, else end: End) -> End {
      fallsBack && offersMail ? mail(reason, to: user) : end
    }
    guard offersIM, user.profile?.presenceEnabled != false, user.canBeReachedByIM else {
      return mailInstead("imUnavailable", else: .rejected("channelUnavailable"))
    }
    if isOutOfTime {
      return mailInstead(knowledge == .fresh("offline") ? "recipientOffline" : "presenceUnknown", else: .expired)
    }
    switch knowledge {
    case .fresh("offline"): return mailInstead("recipientOffline", else: .rejected("recipientOffline"))
    case .fresh: return .im
    case .failed, .late: return mailInstead("presenceUnknown", else: .rejected("channelUnavailable"))
    case .unasked: return .lookUp
    }
  }
}
