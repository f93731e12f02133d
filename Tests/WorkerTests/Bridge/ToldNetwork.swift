// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization

@testable import Worker

/// A network that tells by itself: a test says what holds, and subscribers hear of it what they watch.
final class ToldNetwork: Sendable {
  /// What a subscriber was told.
  struct Watch: Sendable {
    var subscriber: String
    var address: String
    var isWatched: Bool
  }

  private struct State {
    var states: [IMAddress: PresenceState] = [:]
    var subscribers: [Subscriber] = []
    var watches: [String: Set<String>] = [:]
  }

  private let state = Mutex(State())
  let changes: AsyncStream<Watch>
  private let changed: AsyncStream<Watch>.Continuation
  private let lease: Int

  /// A network whose subscriptions hold for so many seconds.
  init(lease: Int = 3_600) {
    self.lease = lease
    (changes, changed) = AsyncStream.makeStream(of: Watch.self)
  }

  /// What each subscriber watches, by local parts.
  var watches: [String: Set<String>] { state.withLock { $0.watches } }

  /// Says what holds from now on.
  func say(_ address: IMAddress, _ presence: PresenceState) {
    let subscribers = state.withLock { state in
      state.states[address] = presence
      return state.subscribers
    }
    for subscriber in subscribers where subscriber.watches(address) {
      subscriber.events.post([reading(address, presence)])
    }
  }

  /// A subscriber of a process.
  func subscriber(_ process: String, agent: String = "net") -> Subscriber {
    let descriptor = AgentDescriptor(name: agent, claims: [ClaimRule(domain: GlobPattern("net.example"))])
    let subscriber = Subscriber(descriptor, process, self)
    state.withLock { $0.subscribers.append(subscriber) }
    return subscriber
  }

  /// Waits until what is watched is as it is to be.
  func wait(until fits: ([String: Set<String>]) -> Bool) async {
    var iterator = changes.makeAsyncIterator()
    while !fits(watches) {
      guard await iterator.next() != nil else { return }
    }
  }

  /// Lets the subscribers of a process fall silent, as those of one that is gone.
  func silence(_ process: String) {
    state.withLock { state in
      state.subscribers.removeAll { $0.process == process }
      state.watches[process] = []
    }
  }

  private func reading(_ address: IMAddress, _ presence: PresenceState) -> LiveEvent {
    let now = SystemLaneClock().wall
    return .reading(LiveReading(address: address, state: presence, observedAt: now, leaseSeconds: lease))
  }

  fileprivate func note(_ process: String, _ addresses: [IMAddress], isWatched: Bool) {
    for address in addresses {
      let presence = state.withLock { state in
        if isWatched {
          state.watches[process, default: []].insert(address.local)
        } else {
          state.watches[process, default: []].remove(address.local)
        }
        return (state.states[address], state.subscribers.first { $0.process == process })
      }
      if isWatched, let known = presence.0 { presence.1?.events.post([reading(address, known)]) }
      changed.yield(Watch(subscriber: process, address: address.local, isWatched: isWatched))
    }
  }

  /// Hears what the network says.
  final class Subscriber: PresenceSubscriber {
    let descriptor: AgentDescriptor
    let events = LiveEvents()
    let process: String
    private let network: ToldNetwork
    private let watched = Mutex<Set<IMAddress>>([])

    init(_ descriptor: AgentDescriptor, _ process: String, _ network: ToldNetwork) {
      self.descriptor = descriptor
      self.process = process
      self.network = network
    }

    var status: LiveStatus {
      let count = watched.withLock { $0.count }
      return LiveStatus(isConnected: true, watched: count, active: count)
    }

    func watches(_ address: IMAddress) -> Bool { watched.withLock { $0.contains(address) } }

    func run() async {
      let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
      for await _ in stream {}  // ends with the task
      continuation.finish()
      events.finish()
    }

    func watch(_ addresses: [IMAddress]) {
      watched.withLock { $0.formUnion(addresses) }
      network.note(process, addresses, isWatched: true)
    }

    func unwatch(_ addresses: [IMAddress]) {
      watched.withLock { $0.subtract(addresses) }
      events.drop(addresses)
      network.note(process, addresses, isWatched: false)
    }
  }
}
