// SPDX-License-Identifier: Apache-2.0

import AgentKit

/// Requests that wait for answers: sent again where messages get lost, given up in the end, and answered to challenges.
extension SIPMachine {
  /// Sends the SUBSCRIBE that a subscription needs next.
  mutating func sendSubscribe(_ id: UInt64, _ now: Now, challenges: Int = 0) {
    guard var subscription = subscriptions[id] else { return }
    let isEnding = subscription.phase == .ending
    let expires =
      subscription.isFetch || isEnding ? .zero : max(settings.expires, subscription.minimumExpires ?? .zero)
    subscription.dialog.localSequence += 1
    if !isEnding { subscription.phase = .subscribing }
    subscriptions[id] = subscription
    let branch = "z9hG4bK" + token(24)
    let uri = subscription.dialog.remoteTarget ?? requests.target(of: subscription)
    let message = requests.subscribe(
      subscription,
      branch: branch,
      expires: expires,
      authorization: authorization(method: "SUBSCRIBE", uri: uri)
    )
    send(
      message,
      branch,
      Transaction(
        subscription: id,
        bytes: message.bytes,
        sequence: subscription.dialog.localSequence,
        isRefresh: subscription.isEstablished,
        expires: expires,
        challenges: challenges,
        interval: Self.firstRetransmission
      ),
      now
    )
  }

  /// Asks whether the server is there.
  mutating func sendOptions(_ now: Now) {
    let branch = "z9hG4bK" + token(24)
    let message = requests.options(branch: branch, tag: token(16), callID: token(32))
    send(
      message,
      branch,
      Transaction(
        subscription: nil,
        bytes: message.bytes,
        sequence: 1,
        isRefresh: false,
        expires: .zero,
        challenges: 0,
        interval: Self.firstRetransmission
      ),
      now
    )
  }

  private mutating func send(_ message: SIPMessage, _ branch: String, _ transaction: Transaction, _ now: Now) {
    transactions[branch] = transaction
    actions.append(.send(transaction.bytes))
    timers.insert(.timeout(branch: branch), at: now.instant + settings.timeout)
    if settings.transport == .udp {
      timers.insert(.retransmission(branch: branch), at: now.instant + transaction.interval)
    }
  }

  private mutating func authorization(method: String, uri: String) -> SIPMessage.Field? {
    guard let challenge, case .basic(let user, let password) = settings.credentials else { return nil }
    nonceCount += 1
    let answer = challenge.answer(
      user: user,
      password: password,
      method: method,
      uri: uri,
      count: nonceCount,
      clientNonce: token(16)
    )
    return SIPMessage.Field(name: isProxyChallenge ? "Proxy-Authorization" : "Authorization", value: answer)
  }

  /// Sends a request again, with pauses that double (RFC 3261, timer E).
  mutating func retransmit(_ branch: String, _ now: Now) {
    guard var transaction = transactions[branch] else { return }
    actions.append(.send(transaction.bytes))
    transaction.interval = min(transaction.interval * 2, Self.longestRetransmission)
    transactions[branch] = transaction
    timers.insert(.retransmission(branch: branch), at: now.instant + transaction.interval)
  }

  /// Gives a request up (RFC 3261, timer F).
  mutating func timedOut(_ branch: String, _ now: Now) {
    guard let transaction = transactions.removeValue(forKey: branch) else { return }
    guard let id = transaction.subscription else {
      // Not even an OPTIONS: the server has gone, and with it what it knew.
      actions.append(.disconnect)
      return loseConnection(.silence, now)
    }
    guard let subscription = subscriptions[id] else { return }
    if subscription.isFetch {
      finishFetch(id, failing: .silence)
    } else if subscription.phase == .ending {
      forget(id)
    } else {
      retry(id, .silence, after: nil, now)
    }
  }

  /// A response has come.
  mutating func receivedResponse(_ message: SIPMessage, status: Int, _ now: Now) {
    guard let via = message.all("Via").first.map(SIPParameters.init), let branch = via["branch"],
      let transaction = transactions[branch], let sequence = message["CSeq"].flatMap(SIPSequence.init),
      sequence.number == transaction.sequence,
      sequence.method == (transaction.subscription == nil ? "OPTIONS" : "SUBSCRIBE")
    else { return count(.unexpectedResponse) }
    guard status >= 200 else { return }
    transactions[branch] = nil
    guard let id = transaction.subscription, let subscription = subscriptions[id] else { return }
    guard message["Call-ID"] == subscription.dialog.callID,
      message["From"].flatMap(SIPNameAddress.init)?.tag == subscription.dialog.localTag
    else { return count(.unexpectedResponse) }
    switch status {
    case 200...299 where subscription.phase == .ending: forgetLater(id, now)
    case 200...299: accepted(id, message, transaction, now)
    case 401, 407: challenged(id, message, status, transaction, now)
    case _ where subscription.phase == .ending: forget(id)
    case 423 where !subscription.isFetch && subscription.minimumExpires == nil:
      let minimum = message["Min-Expires"].flatMap { Int($0) } ?? 0
      guard (1...86_400).contains(minimum) else { return failed(id, status, message, now) }
      subscriptions[id]?.minimumExpires = .seconds(minimum)
      sendSubscribe(id, now)
    case 481 where transaction.isRefresh: startAnew(id, now)
    default: failed(id, status, message, now)
    }
  }

  private mutating func challenged(
    _ id: UInt64,
    _ message: SIPMessage,
    _ status: Int,
    _ transaction: Transaction,
    _ now: Now
  ) {
    let fields = message.all(status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate")
    guard case .basic = settings.credentials, let challenge = DigestChallenge.strongest(of: fields),
      // A second challenge says that the answer was wrong, unless it says that only the nonce was too old.
      transaction.challenges == 0 || (challenge.isStale && transaction.challenges < 3)
    else {
      let error =
        fields.isEmpty || DigestChallenge.strongest(of: fields) != nil
        ? AgentError(.unauthorized, "The presence server refuses the credentials.")
        : AgentError(
          .unauthorized,
          "The presence server asks for an authentication that is not digest (MD5 or SHA-256)."
        )
      if subscriptions[id]?.phase == .ending { return forget(id) }
      if subscriptions[id]?.isFetch == true { return finishFetch(id, failing: error) }
      return retry(id, error, after: Self.longestPause, now)
    }
    self.challenge = challenge
    isProxyChallenge = status == 407
    nonceCount = 0
    sendSubscribe(id, now, challenges: transaction.challenges + 1)
  }

  /// The server does not agree.
  private mutating func failed(_ id: UInt64, _ status: Int, _ message: SIPMessage, _ now: Now) {
    let isFetch = subscriptions[id]?.isFetch == true
    let retryAfter = message["Retry-After"].flatMap { Int(SIPParameters($0).value.prefix { $0.isNumber }) }
    let pause = retryAfter.map { Duration.seconds(min(max(1, $0), 3_600)) }
    switch status {
    case 403, 404, 410, 603, 604:
      // Forbidden and unknown look alike.
      if isFetch { return finishFetch(id, failing: nil) }
      refuse(id, AgentError(.unavailable, "The presence server does not tell of this address."), now)
    case 408, 480, 500...599:
      let error = AgentError(.unavailable, "The presence server answers with \(status).", retryAfter: pause)
      isFetch ? finishFetch(id, failing: error) : retry(id, error, after: pause, now)
    default:
      let error = AgentError(.badAnswer, "The presence server answers with \(status).")
      isFetch ? finishFetch(id, failing: error) : refuse(id, error, now)
    }
  }
}
