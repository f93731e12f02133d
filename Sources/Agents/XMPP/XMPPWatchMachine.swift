// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Watches addresses over a component's connection: who is probed when, and what stanzas mean for whom.
///
/// A component has no roster: whom it may see stands in the users' rosters alone, and what it has seen is here.
///
/// a. Everybody is probed when the connection comes about, and again before leases lapse, at a bounded rate. Who does not
///    let himself be seen is asked once a day to let the component subscribe, if that is wanted.
/// b. A resource is a device. The answer to a probe names all that there are: one that it does not name is gone.
/// c. That somebody has gone is told a little later than the rest, and not at all if the stream ends meanwhile: a server
///    that shuts down says of everybody that they go, just before. Likewise what is missing after a reconnection is told
///    as gone only when clients have had the time to come back, too.
struct XMPPWatchMachine: XMPPRole {
  /// How a machine watches.
  struct Settings: Sendable {
    /// How long a reading holds.
    var lease = Duration.seconds(300)
    /// How long a probe may take to be answered.
    var answerTimeout = Duration.seconds(10)
    /// How much later it is told that somebody has gone.
    var offlineDelay = Duration.seconds(1)
    /// How long clients have to come back after the connection did.
    var reconnectGrace = Duration.seconds(60)
    /// How many are probed in a second.
    var probesPerSecond = 200.0
    /// Whether users are asked to let the component see them.
    var asksForSubscription = true
    /// The languages of status messages, the preferred one first.
    var languages: [String] = []

    /// After how long somebody is asked again to be seen.
    static let askingPause = Duration.seconds(86_400)
    /// After how long somebody is probed again who did not let himself be seen.
    static let refusedPause = Duration.seconds(3_600)
    /// How long after its first word the answer to a probe is whole.
    static let settling = Duration.seconds(5)
    /// How many resources of one user are taken.
    static let maximumResources = 16
  }

  let settings: Settings
  var outbox = ""
  var effects: [LiveEvent] = []
  var readings: UInt64 = 0
  var losses: UInt64 = 0
  var refusals: [String: UInt64] = [:]

  let jitter: @Sendable () -> Double
  var watches: [String: XMPPWatch] = [:]
  var component: String?
  private var hasBeenOpen = false
  var openedAt = Duration.zero
  var heldUntil = Duration.zero
  var turns = TimerHeap<Duration, XMPPWatch.Turn>()
  var departures = TimerHeap<Duration, String>()
  var allowance = 0.0
  var allowedAt = Duration.zero
  var turnNumber: UInt64 = 0

  init(_ settings: Settings, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }) {
    self.settings = settings
    self.jitter = jitter
  }

  // MARK: Who is watched

  mutating func watch(_ address: IMAddress, as jid: XMPPAddress, at moment: XMPPMoment) {
    if var known = watches[jid.bare] {
      guard known.addresses.insert(address).inserted else { return }
      // What is known of the user under another spelling is told of this one by the next answer.
      known.phase = .idle
      watches[jid.bare] = known
    } else {
      watches[jid.bare] = XMPPWatch(addresses: [address])
    }
    schedule(jid.bare, at: moment.time)
  }

  mutating func unwatch(_ address: IMAddress, as jid: XMPPAddress) {
    watches[jid.bare]?.addresses.remove(address)
    if watches[jid.bare]?.addresses.isEmpty == true { watches[jid.bare] = nil }
  }

  // MARK: The connection

  mutating func opened(as component: String, at moment: XMPPMoment) {
    self.component = component
    openedAt = moment.time
    heldUntil = hasBeenOpen ? moment.time + settings.reconnectGrace : moment.time
    hasBeenOpen = true
    allowance = 1
    allowedAt = moment.time
    turns = TimerHeap()
    for bare in watches.keys { schedule(bare, at: moment.time) }
  }

  mutating func closed(_ error: AgentError, at moment: XMPPMoment) {
    component = nil
    departures = TimerHeap()
    for bare in watches.keys {
      guard var watch = watches[bare] else { continue }
      if watch.isActive { lose(&watch, error) }
      watch.phase = .idle
      for resource in watch.resources.keys { watch.resources[resource]?.leavesAt = nil }
      watches[bare] = watch
    }
  }

  mutating func refused(_ reason: XMPPRefusal) { refusals[reason.rawValue, default: 0] += 1 }

  mutating func answered(
    _ id: String,
    by source: XMPPAddress,
    failure: XMPPPresence.Kind?,
    at moment: XMPPMoment
  ) throws(XMPPRefusal) {
    throw .unexpected  // nobody is asked anything that has such an answer
  }
}
