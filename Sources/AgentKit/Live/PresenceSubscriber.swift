// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// Watches addresses on one network by standing subscriptions, and tells what the network says of them.
///
/// Where a `PresenceAgent` asks, a subscriber is told. What a subscriber keeps to:
///
/// a. `watch` and `unwatch` return at once and may come at any time, before `run` and again for the same address.
/// b. It refreshes its subscriptions before they end, at moments that differ from one to the other, and subscribes again,
///    with pauses that grow, after whatever has ended them: a server that restarts is no news.
/// c. It never guesses. What it does not understand, what comes from elsewhere, and what comes too late is counted and
///    changes nothing; the loss of a subscription is told as a loss and never as "offline".
/// d. While the network still holds to a reading it is renewed well before its lease lapses.
/// e. Memory is bounded by the number of watched addresses.
/// f. At its end, by cancellation, it gives its subscriptions back to the network, within a short time, and posts
///    nothing more. A successor elsewhere has the same readings before the leases lapse.
public protocol PresenceSubscriber: Sendable {
  /// What the subscriber is called and what it claims: the descriptor of the agent of the same network. Its name is the
  /// source of the readings.
  var descriptor: AgentDescriptor { get }

  /// What it has to tell; for one reader, and finished when `run` has ended.
  var events: LiveEvents { get }

  /// How it stands.
  var status: LiveStatus { get }

  /// Holds the subscriptions until its task is cancelled; is called once.
  func run() async

  /// Watches these addresses, too.
  func watch(_ addresses: [IMAddress])

  /// Watches these addresses no more; nothing that waits of them will be read.
  func unwatch(_ addresses: [IMAddress])
}
