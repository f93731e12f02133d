// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// All decisions of a client of a SIP presence server, without doing any: inputs in, actions out.
///
/// a. There is one connection, to the configured server, while there is anything to ask. Every dialogue goes over it.
/// b. A subscription is refreshed at a random moment between half and four fifths of its life. Readings hold for the rest
///    of that life and are posted anew at each refresh.
/// c. Whatever ends a subscription (an answer, a silence, a broken connection, a NOTIFY that says so) leads to another
///    try: at once where the server has merely forgotten it, else after a pause that doubles up to a minute, or after ten
///    minutes where the server refuses. Nothing of that changes a state.
/// d. A NOTIFY counts only if it comes from the server, belongs to a dialogue by `Call-ID` and both tags, and is newer
///    than the one before it. The first one to answer a SUBSCRIBE makes the dialogue; forks of it are refused.
/// e. At most `maximumRequests` requests wait for answers, so that thousands of subscriptions come about at the server's
///    pace.
/// f. Every fetch ends exactly once.
struct SIPMachine {
  /// The moment of an input: since some start, and as a time of day.
  struct Now {
    let instant: Duration
    let wall: Timestamp
  }

  /// What the runner is to do.
  enum Action: Equatable {
    /// Connect to the server, and report `connected` or `disconnected`.
    case connect
    /// Close the connection; its end is not reported.
    case disconnect
    /// Send these bytes to the server.
    case send([UInt8])
    /// Come back with `timePassed` at that moment.
    case arm(Duration)
    /// Tell these events.
    case post([LiveEvent])
    /// A fetch has ended.
    case finish(fetch: UInt64, Result<[IMAddress: AgentAnswer], AgentError>)
    /// There is nothing left to do after `close`.
    case closed
  }

  enum Connection: Equatable {
    case down
    case connecting
    case up
  }

  enum TimerEvent {
    case subscription(UInt64, timer: UInt64)
    case retransmission(branch: String)
    case timeout(branch: String)
    case reconnection
    case keepAlive(connection: UInt64)
    case fetchDeadline(UInt64)
  }

  /// A request that waits for its answer.
  struct Transaction {
    /// Nil for an OPTIONS.
    let subscription: UInt64?
    let bytes: [UInt8]
    let sequence: UInt32
    let isRefresh: Bool
    let expires: Duration
    /// How often the request was sent with an answer to a challenge.
    let challenges: Int
    var interval: Duration
  }

  let settings: SIPSettings
  var requests: SIPRequests
  var connection = Connection.down
  var connectionFailures = 0
  /// Counts the connections, so that timers of one that has gone mean nothing.
  var connectionNumber: UInt64 = 0
  var reconnectsAt: Duration?
  var isClosing = false
  var subscriptions = SIPSubscriptionTable()
  var ofCallID: [String: UInt64] = [:]
  var ofAddress: [IMAddress: UInt64] = [:]
  /// Addresses that are to be watched and are in no subscription yet, in their order.
  var unassigned = FIFOQueue<IMAddress>()
  var isUnassigned: Set<IMAddress> = []
  var queue = FIFOQueue<UInt64>()
  var transactions: [String: Transaction] = [:]
  var challenge: DigestChallenge?
  var nonceCount: UInt32 = 0
  var isProxyChallenge = false
  var timers = TimerHeap<Duration, TimerEvent>()
  var armed: Duration?
  var lastID: UInt64 = 0
  var lastWall = Timestamp.distantPast
  var lastHeard: Duration = .zero
  var status = LiveStatus()
  var actions: [Action] = []

  /// The first pause after a request without an answer (RFC 3261, T1), and the longest (T2).
  static let firstRetransmission = Duration.milliseconds(500)
  static let longestRetransmission = Duration.seconds(4)
  /// The pause before a server that refuses is asked again.
  static let refusalPause = Duration.seconds(600)
  static let longestPause = Duration.seconds(60)

  init(_ settings: SIPSettings) {
    self.settings = settings
    requests = SIPRequests(settings: settings, local: "")
  }

  // MARK: Inputs

  /// Watches addresses.
  mutating func watch(_ addresses: [IMAddress], now: Now) -> [Action] {
    for address in addresses where ofAddress[address] == nil && !isUnassigned.contains(address) && !isClosing {
      guard SIPTarget(address, userDomain: settings.userDomain) != nil else {
        actions.append(.post([.refused(address, .noSIPAddress)]))
        continue
      }
      unassigned.append(address)
      isUnassigned.insert(address)
    }
    return done(now)
  }

  /// Watches addresses no more.
  mutating func unwatch(_ addresses: [IMAddress], now: Now) -> [Action] {
    for address in addresses {
      isUnassigned.remove(address)
      guard let id = ofAddress.removeValue(forKey: address), var subscription = subscriptions[id] else { continue }
      subscription.members = subscription.members.filter { $0.value.address != address }
      subscriptions[id] = subscription
      if subscription.members.isEmpty { giveBack(id, now) }
    }
    return done(now)
  }

  /// Asks once for addresses.
  mutating func fetch(_ id: UInt64, _ addresses: [IMAddress], timeout: Duration, now: Now) -> [Action] {
    let members = members(of: addresses)
    guard !members.isEmpty, !isClosing else {
      let error = AgentError(.cancelled, "The agent is closing.")
      actions.append(.finish(fetch: id, isClosing ? .failure(error) : .success([:])))
      return done(now)
    }
    let subscription = newSubscription(.fetch(id: id), members)
    subscriptions[subscription]?.spellings = addresses
    timers.insert(.fetchDeadline(subscription), at: now.instant + timeout)
    queue.append(subscription)
    if connection == .down { reconnectsAt = nil }  // whoever asks is worth a try
    return done(now)
  }

  /// Nobody waits for a fetch any more.
  mutating func cancel(fetch id: UInt64, now: Now) -> [Action] {
    if let subscription = subscriptions.first(for: .fetch(id: id)) {
      finishFetch(subscription.id, failing: AgentError(.cancelled, "The one who asked has gone."))
    }
    return done(now)
  }

  /// The connection is there.
  ///
  /// - Parameter local: the address and port on which it ends here.
  mutating func connected(local: String, now: Now) -> [Action] {
    guard connection == .connecting else { return done(now) }
    connection = .up
    connectionFailures = 0
    connectionNumber += 1
    requests.local = local
    lastHeard = now.instant
    timers.insert(.keepAlive(connection: connectionNumber), at: now.instant + settings.keepAlive)
    // The dialogues have survived here, and maybe there: ask within them, from the new address.
    for id in subscriptions.ids {
      guard let subscription = subscriptions[id], subscription.phase == .active, !subscription.isFetch else { continue }
      subscriptions[id]?.phase = .queued
      queue.append(id)
    }
    return done(now)
  }

  /// There is no connection any more, or none has come about.
  mutating func disconnected(_ error: AgentError, refusal: SIPRefusal? = nil, now: Now) -> [Action] {
    if let refusal { count(refusal) }
    loseConnection(error, now)
    return done(now)
  }

  /// A message has come from the server.
  mutating func received(_ message: SIPMessage, now: Now) -> [Action] {
    lastHeard = now.instant
    if let status = message.status {
      receivedResponse(message, status: status, now)
    } else {
      receivedRequest(message, now)
    }
    return done(now)
  }

  /// Something has come that is not let in.
  mutating func refused(_ refusal: SIPRefusal, now: Now) -> [Action] {
    count(refusal)
    return done(now)
  }

  /// The moment of an `arm` has come.
  mutating func timePassed(now: Now) -> [Action] {
    if let armed, armed <= now.instant { self.armed = nil }
    while let event = timers.popDue(at: now.instant) { handle(event, now) }
    if timers.count > 1_024, timers.count > 4 * (subscriptions.count + transactions.count) { pruneTimers() }
    return done(now)
  }

  /// Drops the timers of what is gone.
  private mutating func pruneTimers() {
    timers.prune { event in
      switch event {
      case .subscription(let id, let timer): subscriptions[id]?.timer == timer
      case .retransmission(let branch), .timeout(let branch): transactions[branch] != nil
      case .reconnection: reconnectsAt != nil
      case .keepAlive(let number): number == connectionNumber
      case .fetchDeadline(let id): subscriptions[id] != nil
      }
    }
  }

  /// Gives all subscriptions back.
  mutating func close(now: Now) -> [Action] {
    isClosing = true
    unassigned = FIFOQueue()
    isUnassigned = []
    for id in subscriptions.ids {
      if subscriptions[id]?.isFetch == true {
        finishFetch(id, failing: AgentError(.cancelled, "The agent is closing."))
      } else {
        giveBack(id, now)
      }
    }
    return done(now)
  }

  // MARK: The end of every input

  /// Starts what can be started, arms the clock, and hands out the actions.
  private mutating func done(_ now: Now) -> [Action] {
    pump(now)
    if isClosing, subscriptions.isEmpty {
      if connection != .down {
        connection = .down
        actions.append(.disconnect)
      }
      actions.append(.closed)
    } else if let next = timers.first, armed.map({ next < $0 }) ?? true {
      armed = next
      actions.append(.arm(next))
    }
    defer { actions = [] }
    return actions
  }

  private mutating func handle(_ event: TimerEvent, _ now: Now) {
    switch event {
    case .subscription(let id, let timer):
      guard subscriptions[id]?.timer == timer else { break }
      timerOfSubscriptionFired(id, now)
    case .retransmission(let branch): retransmit(branch, now)
    case .timeout(let branch): timedOut(branch, now)
    case .reconnection: if let at = reconnectsAt, at <= now.instant { reconnectsAt = nil }
    case .keepAlive(let number): if number == connectionNumber { keepAlive(now) }
    case .fetchDeadline(let id):
      // What has been told by then is told on.
      if let subscription = subscriptions[id] { finishFetch(id, failing: subscription.found.isEmpty ? .silence : nil) }
    }
  }

  // MARK: What all share

  func member(of address: IMAddress) -> SIPSubscription.Member? {
    SIPTarget(address, userDomain: settings.userDomain).map { SIPSubscription.Member(address: address, target: $0) }
  }

  /// The people whom addresses are of; of several spellings the first.
  func members(of addresses: [IMAddress]) -> [String: SIPSubscription.Member] {
    Dictionary(addresses.compactMap(member).map { ($0.target.key, $0) }) { first, _ in first }
  }

  mutating func newSubscription(
    _ purpose: SIPSubscription.Purpose,
    _ members: [String: SIPSubscription.Member]
  ) -> UInt64 {
    lastID += 1
    let dialog = newDialog()
    subscriptions[lastID] = SIPSubscription(id: lastID, purpose: purpose, members: members, dialog: dialog)
    ofCallID[dialog.callID] = lastID
    return lastID
  }

  mutating func newDialog() -> SIPSubscription.Dialog {
    SIPSubscription.Dialog(callID: token(32), localTag: token(16))
  }

  /// A random text that nobody guesses.
  func token(_ digits: Int) -> String {
    var text = ""
    while text.count < digits { text += String(UInt64.random(in: 1 << 63 ... .max), radix: 16) }
    return String(text.prefix(digits))
  }

  mutating func count(_ refusal: SIPRefusal) { status.refusals[refusal.rawValue, default: 0] += 1 }

  /// A pause that doubles with each failure, drawn from its upper half.
  func pause(after failures: Int) -> Duration {
    let whole = min(Self.longestPause, .seconds(1 << min(max(0, failures - 1), 6)))
    return whole * Double.random(in: 0.5...1)
  }

  /// How the client stands.
  var liveStatus: LiveStatus {
    var status = status
    status.isConnected = connection == .up
    status.watched = ofAddress.count + isUnassigned.count
    status.active = subscriptions.active
    return status
  }
}

extension AgentError {
  static let noSIPAddress = AgentError(.notClaimed, "The address is none that SIP can ask for.")
  static let silence = AgentError(.timeout, "The presence server did not answer in time.")
}
