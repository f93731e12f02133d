// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

@testable import Worker

/// A bridge's rules with a clock that is turned by hand: what the tests of the rules are written with.
final class BridgeStory {
  let machine: BridgeMachine
  var now: Int64 = 1_000_000
  var wall = Timestamp(milliseconds: 1_795_335_330_123)
  /// What the subscribers were told to watch and not told to forget.
  private(set) var watched: [String: Set<IMAddress>] = [:]
  /// How many watches and unwatches there were.
  private(set) var watchCalls = 0
  private(set) var unwatchCalls = 0

  /// A bridge with the networks `sip` for corp.example and `xmpp` for chat.example, and an agent that is only asked.
  init(
    live: Set<String> = ["sip", "xmpp"],
    partitions: Set<Int32> = [0],
    change: (inout BridgeRules) -> Void = { _ in }
  )
    throws
  {
    var rules = BridgeRules()
    change(&rules)
    machine = BridgeMachine(rules, try Self.claims(live), now: now)
    machine.assign(partitions, now: now)
    for partition in partitions { machine.reachedEnd(of: partition, at: 0) }
  }

  static func claims(_ live: Set<String>, enterprise: String? = nil) throws -> BridgeClaims {
    let agents = [
      AgentDescriptor(name: "asked", claims: [ClaimRule(domain: GlobPattern("asked.example"))]),
      AgentDescriptor(name: "sip", claims: [ClaimRule(domain: GlobPattern("corp.example"))]),
      AgentDescriptor(name: "xmpp", claims: [ClaimRule(domain: GlobPattern("chat.example"))]),
    ]
    let connection = enterprise.map { AgentDescriptor(name: $0, claims: []) }
    return BridgeClaims(try AgentDirectory(agents, enterprise: connection), live: live)
  }

  /// A profile is read, and the subscribers are told.
  func profile(_ user: String, _ address: String?, partition: Int32 = 0, updatedAt seconds: Int64? = nil) throws {
    machine.profile(
      of: user,
      partition,
      address: try address.map { try IMAddress($0) },
      updatedAt: seconds.map { wall.adding(milliseconds: $0 * 1_000) },
      now: now
    )
    tellSubscribers()
  }

  /// The subscribers are told what has changed.
  func tellSubscribers() {
    for (name, change) in machine.takeWatchChanges() {
      watched[name, default: []].subtract(change.unwatch)
      watched[name, default: []].formUnion(change.watch)
      watchCalls += change.watch.count
      unwatchCalls += change.unwatch.count
    }
  }

  /// A network says something.
  func say(
    _ address: String,
    _ state: PresenceState,
    device: String? = nil,
    message: String? = nil,
    lease: Int = 3_600,
    sequence: Int64? = nil,
    from source: String = "sip"
  ) throws {
    let reading = LiveReading(
      address: try IMAddress(address),
      device: device,
      state: state,
      statusMessage: message,
      observedAt: wall,
      sequence: sequence,
      leaseSeconds: lease
    )
    machine.take(.reading(reading), from: source, now: now)
  }

  /// A network is not heard any more.
  func lose(_ address: String, from source: String = "sip") throws {
    machine.take(.lost(try IMAddress(address), AgentError(.connectionFailed, "gone")), from: source, now: now)
  }

  /// What is published now.
  func publish(limit: Int = .max, isLast: Bool = false) -> [BridgePublication] {
    var publications: [BridgePublication] = []
    machine.publishDue(now: now, wall: wall, limit: limit, isLast: isLast) { publications.append($0) }
    return publications
  }

  /// Lets time pass in steps, and returns what is published meanwhile.
  func pass(_ milliseconds: Int64, step: Int64 = 50) -> [BridgePublication] {
    var publications: [BridgePublication] = []
    for _ in 0..<(milliseconds / step) {
      now += step
      wall = wall.adding(milliseconds: step)
      publications += publish()
    }
    return publications
  }
}
