// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// What time does: asks that keep a user refreshed (presence rule 4), and leases (rule 7).
///
/// When a member's timer runs is the member's affair, and it says so; what it may and must do then is said here.
extension ReferenceModel {
  /// "Look, unless you know something observed at or after that moment", and keep looking for a while.
  func ask(_ observedAt: Int64, now: Int64, _ user: inout ReferenceUser, _ work: inout Work) {
    guard user.canBeReachedByIM else { return }
    user.interest.until = now + rules.interest
    let wanted = min(observedAt, now)
    if let winner = user.winner, !user.lookupFailed, winner.observedAt >= wanted {
      if let until = winner.validUntil { user.interest.refreshAt = ReferenceModel.refreshMoment(before: until, now) }
      return
    }
    lookUp("asked", notOlderThan: wanted, now: now, &user, &work)
  }

  /// A look-up, unless one is under way that will do, or one has just failed.
  func lookUp(
    _ reason: String,
    notOlderThan wanted: Int64,
    now: Int64,
    _ user: inout ReferenceUser,
    _ work: inout Work
  ) {
    func again(_ moment: Int64) {
      if user.interest.until > now, user.interest.refreshAt == nil { user.interest.refreshAt = moment }
    }
    guard user.interest.failedUntil <= now else { return again(user.interest.failedUntil) }
    guard user.interest.answeredBy <= now || user.interest.wishedAt < wanted else {
      return again(user.interest.answeredBy + rules.failureMemory)
    }
    user.interest.wishedAt = now
    user.interest.answeredBy = now + rules.lookupTimeout
    if user.interest.until > now { user.interest.refreshAt = user.interest.answeredBy + rules.failureMemory }
    work.outputs.append((.presenceLookups, user.name, .lookup(address: user.identity, reason: reason, request: nil)))
  }

  /// A tenth of the time that is left before what is known expires.
  static func refreshMoment(before validUntil: Int64, _ now: Int64) -> Int64 {
    let left = max(1_000, validUntil - now)
    return now + left - left / 10
  }

  /// Applies what a timer did, where it was allowed; `isUnread` tells whether changes that were written before a moment
  /// are still to be read.
  mutating func apply(
    _ timer: CommittedTransaction.TimerWork,
    now: Int64,
    _ work: inout Work,
    isUnread: (_ before: Int64) -> Bool
  ) {
    guard var user = user(timer.user, work), user.deletedAt == nil, user.creation == timer.creation,
      user.version == timer.version
    else { return }  // a member that has lost the partition and does not know it yet; it cannot publish
    for origin in timer.lapsed {
      let place = user.readings.firstIndex {
        !$0.isLookedUp && $0.source == origin.source && $0.device == origin.device
          && $0.imAddress?.lowercased() == origin.imAddress?.lowercased()
      }
      guard let place, user.readings[place].isLive, let lease = user.readings[place].leaseSeconds else {
        faults.append("a lease of \(user.name) by \(origin) ran out that there is not")
        continue
      }
      let began = max(user.readings[place].renewedAt, timer.contactSince.milliseconds)
      let end = began + Int64(lease) * 1_000 + rules.leaseGrace
      if now < end { faults.append("a lease of \(user.name) by \(origin) ran out \(end - now) ms early") }
      if isUnread(end) { faults.append("a lease of \(user.name) by \(origin) ran out before everything was read") }
      user.readings[place].standing = .lapsed
      lapses += 1
      if user.interest.until > now { user.interest.refreshAt = now }
    }
    refresh(&user, now: now, &work)
    keep(user, &work)
  }

  /// Looks for leases that go on although a member knows that they have ended. What another one has published since is
  /// not this one's to know.
  mutating func judge(_ proof: CommittedTransaction.ReadProof, _ work: Work) {
    let others = partitions[work.partition]?.users(of: work.host).filter { work.users[$0.name] == nil } ?? []
    for user in (work.users.values + others).sorted(by: { $0.name < $1.name }) where user.deletedAt == nil {
      for reading in user.readings where reading.isLive {
        guard let lease = reading.leaseSeconds else { continue }
        let end = max(reading.renewedAt, proof.caughtUpSince) + Int64(lease) * 1_000 + rules.leaseGrace
        guard end <= proof.readUpTo else { continue }
        faults.append("a lease of \(user.name) by \(reading.source) goes on \(proof.readUpTo - end) ms behind its end")
      }
    }
  }

  private func refresh(_ user: inout ReferenceUser, now: Int64, _ work: inout Work) {
    guard let due = user.interest.refreshAt, due <= now else { return }
    user.interest.refreshAt = nil
    guard user.interest.until > now else {
      user.interest = ReferenceInterest()
      return
    }
    let isPushed = user.winner.map { !$0.isLookedUp } ?? false
    guard !isPushed, user.canBeReachedByIM else { return }
    lookUp("interest", notOlderThan: now, now: now, &user, &work)
  }

  /// The users who are shown by a lease that must have run out by the end, had anybody looked.
  func overdue() -> [String] {
    partitions.values.flatMap { $0.everyView }.filter { views in
      views.allSatisfy { user in
        guard user.deletedAt == nil else { return false }
        var lapsed = user
        for index in lapsed.readings.indices where lapsed.readings[index].leaseSeconds != nil {
          guard lapsed.readings[index].isLive else { continue }
          lapsed.readings[index].standing = .lapsed
        }
        return lapsed.view != user.view
      }
    }.compactMap { $0.first?.name }.sorted()
  }
}
