// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The rules of a bridge, without a clock, a network or a log: who is watched, and what is published of them.
///
/// a. Watched is the address of a profile that counts (presence rule 2) where presence is switched on and the agent that
///    claims it has a network that tells by itself; of the partitions that the bridge holds, once each was read to its
///    end.
/// b. What a network says is published at once. A user has a burst of changes and then one an interval; what comes
///    faster is replaced by what comes later, and the last one is always published.
/// c. What says nothing new is not published, except to renew a lease.
/// d. Leases are as long as the network's word holds, at most `rules.lease`, and renewed when two thirds are over. What
///    is lost is not renewed: it lapses, and nobody is said to be offline because a network was not heard.
/// e. Of one partition sequences rise, whoever holds it: they follow the time of day, and are never below what was seen
///    of holders before (`floors`).
/// f. Partitions that were taken away and are given back go on where they were; nothing is published meanwhile.
///
/// One thread uses it. `BridgeMachine+Watching` says who is watched, `BridgeMachine+Publishing` what is published.
final class BridgeMachine {
  /// Of the partitions that are held, what was read of them.
  struct Partition {
    /// The offset behind the last profile that was read.
    var nextOffset: Int64?
    /// Whether it was read to its end once.
    var isRead = false
    /// Whether it is held now; else it may come back.
    var isHeld = true
    /// The last sequence of it.
    var sequence: Int64 = 0
  }

  /// An address with the users whose it is.
  struct Watch {
    var users: [Int] = []
    /// The source that speaks for it; nil where no network tells of it by itself.
    var source: String?
    /// The source that was told to watch it.
    var watchedBy: String?
  }

  var rules: BridgeRules
  var counters = BridgeCounters()
  var partitions: [Int32: Partition] = [:]
  var users: [BridgeUser?] = []
  var watches: [IMAddress: Watch] = [:]
  /// How many readings wait for being published.
  var waiting = 0
  /// The addresses that may have to be watched or watched no more.
  var changedAddresses: Set<IMAddress> = []
  /// The users to look at now.
  var ready: [Int] = []
  let timers: TimerWheel
  private var claims: BridgeClaims
  private var numbers: [String: Int] = [:]
  private var freeNumbers: [Int] = []

  /// A bridge that knows nobody.
  init(_ rules: BridgeRules, _ claims: BridgeClaims, now: Int64) {
    self.rules = rules
    self.claims = claims
    timers = TimerWheel(now: now)
  }

  /// The source that speaks for an address.
  func source(of address: IMAddress) -> String? { rules.presenceEnabled ? claims.source(of: address) : nil }

  // MARK: Partitions

  /// These partitions are held from now on; those that were held before go on, and what is not among them is forgotten.
  func assign(_ assigned: Set<Int32>, now: Int64) {
    forget { !assigned.contains($0) }
    for number in assigned { partitions[number, default: Partition()].isHeld = true }
    makeReady()
  }

  /// Nothing is held until the next assignment.
  ///
  /// - Parameter lost: whether others may have published meanwhile; then everything is published again.
  func suspend(lost: Bool, now: Int64) {
    for number in partitions.keys { partitions[number]?.isHeld = false }
    if lost { forgetPublished(now: now) }
  }

  /// Nobody knows what of the published has arrived.
  func forgetPublished(now: Int64) {
    for id in users.indices {
      change(id) { user in
        for index in user.readings.indices { user.readings[index].forgetPublished(now: now) }
      }
    }
    makeReady()
  }

  /// Sequences of a partition are above this one.
  func raiseSequence(of partition: Int32, above floor: Int64) {
    guard let known = partitions[partition]?.sequence else { return }
    partitions[partition]?.sequence = max(known, floor)
  }

  /// A partition was read to its end.
  func reachedEnd(of partition: Int32, at offset: Int64) {
    guard partitions[partition] != nil else { return }
    partitions[partition]?.nextOffset = offset
    guard partitions[partition]?.isRead == false else { return }
    partitions[partition]?.isRead = true
    for id in users.indices {
      guard let user = users[id], user.partition == partition, let address = user.address else { continue }
      changedAddresses.insert(address)
      ready.append(id)
    }
  }

  private func forget(where isGone: (Int32) -> Bool) {
    partitions = partitions.filter { !isGone($0.key) }
    for id in users.indices {
      if let user = users[id], isGone(user.partition) { remove(id) }
    }
  }

  private func makeReady() {
    for id in users.indices where users[id]?.readings.isEmpty == false { ready.append(id) }
  }

  // MARK: Profiles

  /// A profile was read.
  ///
  /// - Parameter address: the address that counts; nil where there is none or presence is switched off.
  func profile(of name: String, _ partition: Int32, address: IMAddress?, updatedAt: Timestamp?, now: Int64) {
    guard partitions[partition] != nil else { return }
    let id = numbers[name] ?? add(BridgeUser(name: name, partition: partition))
    guard let user = users[id], user.partition == partition else { return }
    if let known = user.updatedAt, let updatedAt, updatedAt < known { return }
    users[id]?.updatedAt = updatedAt
    guard address != user.address || address?.text != user.address?.text else { return }
    setAddress(address, of: id)
    if let address { inherit(from: address, id, now: now) }
  }

  /// What is known of the address of another user is known of this one, too: a subscriber says it once.
  private func inherit(from address: IMAddress, _ id: Int, now: Int64) {
    guard users[id]?.readings.isEmpty == true, let other = watches[address]?.users.first(where: { $0 != id }),
      var readings = users[other]?.readings
    else { return }
    for index in readings.indices { readings[index].forgetPublished(now: now) }
    change(id) { $0.readings = readings }
    ready.append(id)
  }

  /// A user was deleted.
  func delete(_ name: String) {
    if let id = numbers[name] { remove(id) }
  }

  /// Notes how far a partition was read.
  func didRead(_ partition: Int32, _ offset: Int64) { partitions[partition]?.nextOffset = offset + 1 }

  private func add(_ user: BridgeUser) -> Int {
    let id = freeNumbers.popLast() ?? users.count
    if id == users.count { users.append(user) } else { users[id] = user }
    numbers[user.name] = id
    return id
  }

  private func remove(_ id: Int) {
    guard let user = users[id] else { return }
    setAddress(nil, of: id)
    users[id] = nil
    numbers[user.name] = nil
    freeNumbers.append(id)
  }

  private func setAddress(_ address: IMAddress?, of id: Int) {
    change(id) { user in
      if let old = user.address {
        watches[old]?.users.removeAll { $0 == id }
        changedAddresses.insert(old)
      }
      // What was said of another identity does not count, and the enricher knows that.
      if user.address != address {
        user.readings.removeAll()
        user.formerly.removeAll()
      }
      user.address = address
      guard let address else { return }
      watches[address, default: Watch(source: source(of: address))].users.append(id)
      changedAddresses.insert(address)
    }
  }

  /// Changes a user, and keeps count of what waits.
  func change(_ id: Int, _ body: (inout BridgeUser) -> Void) {
    guard var user = users[id] else { return }
    waiting -= user.waiting
    users[id] = nil
    body(&user)
    waiting += user.waiting
    users[id] = user
  }

  // MARK: Agents

  /// Goes by other rules from now on.
  func adopt(_ new: BridgeRules) {
    let isSwitched = rules.presenceEnabled != new.presenceEnabled
    rules = new
    if isSwitched { claimAgain() }
  }

  /// Other subscribers watch from now on, who know nothing yet; those before have ended.
  func adopt(_ claims: BridgeClaims) {
    self.claims = claims
    for address in Array(watches.keys) {
      watches[address]?.watchedBy = nil
      for id in watches[address]?.users ?? [] {
        change(id) { user in
          for index in user.readings.indices { user.readings[index].lose() }
        }
      }
    }
    claimAgain()
  }

  private func claimAgain() {
    for (address, watch) in watches {
      changedAddresses.insert(address)
      let new = source(of: address)
      guard new != watch.source else { continue }
      watches[address]?.source = new
      guard let old = watch.source else { continue }
      for id in watch.users {
        change(id) { user in
          let published = user.readings.filter { $0.published != nil }
          if !published.isEmpty {
            user.formerly.append(BridgeUser.Formerly(source: old, address: address.text, readings: published))
          }
          user.readings.removeAll()
        }
      }
    }
  }
}
