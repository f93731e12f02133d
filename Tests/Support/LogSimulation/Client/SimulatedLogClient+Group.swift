// SPDX-License-Identifier: Apache-2.0

public import Worker

/// A client's membership: what it believes, which may be out of date.
struct Membership {
  /// The member id; nil before it has joined.
  var id: String?
  /// The metadata of the assignment that it holds, taken when that was answered; nil without one.
  var metadata: GroupCoordinator.Metadata?
  /// The partitions that it holds or was offered.
  var partitions: [LogPartition] = []
  /// The generation of the assignment that was last offered.
  var generation: Int32?
  /// A rebalance that was announced and not answered yet.
  var unanswered: LogRebalance?
}

extension SimulatedLogClient {
  func join() {
    let id = log.group.join(clientID: host.clientID, instance: host.instance, now: log.now)
    membership = Membership(id: id)
    host.sendHeartbeats(for: id)
    log.changed("\(id) joins")
  }

  /// What the group wants of this member, found out by its poll. librdkafka learns of it by the answers to heartbeats,
  /// so it may be late; in the meantime the member reads on, and only the fence of its commits protects the others.
  ///
  /// A static member whose instance has a newer member id is fenced: its client is of no more use.
  func rebalanceNotice() throws(LogFailure) -> LogRebalance? {
    guard host.isReachable, let id = membership.id else { return nil }
    log.group.touch(id, now: log.now)
    let isHolding = membership.generation != nil
    switch log.group.standing(of: id) {
    case .assigned(let generation, let partitions):
      guard generation != membership.generation else { return nil }
      membership.generation = generation
      membership.partitions = partitions
      return announce(.assigned(partitions))
    case .waiting: return nil
    case .rebalancing:
      guard isHolding else {
        log.group.rejoin(id, now: log.now)
        return nil
      }
      return log.random.chance(log.faults.lateNotice) ? nil : announce(.revoked(lost: false))
    case .removed:
      if let instance = host.instance, log.group.members.contains(where: { $0.instance == instance }) {
        throw discard(isFenced: true, "a newer member has the instance \(instance)")
      }
      guard isHolding else {
        join()
        return nil
      }
      return log.random.chance(log.faults.lateNotice) ? nil : announce(.revoked(lost: true))
    }
  }

  private func announce(_ rebalance: LogRebalance) -> LogRebalance {
    membership.unanswered = rebalance
    log.changed("\(membership.id ?? "?") is told: \(rebalance)")
    return rebalance
  }

  /// Answers `.assigned`, or changes what is read.
  public func assign(_ positions: [LogPosition]) throws(LogFailure) {
    try enter("assign")
    switch membership.unanswered {
    case .revoked:
      log.violated("\(host.clientID) answers a revocation with assign")
      throw LogFailure(.abortTransaction, "assign where unassign is awaited")
    case .assigned:
      if let id = membership.id, let generation = membership.generation {
        membership.metadata = GroupCoordinator.Metadata(member: id, generation: generation)
      }
      membership.unanswered = nil
    case nil: break
    }
    for position in positions where !membership.partitions.contains(position.partition) {
      log.violated("\(host.clientID) reads \(position.partition), which it was not assigned")
    }
    consumed.assign(positions)
    proofs.restart(positions)
    if positions.contains(where: { $0.partition.topic == .presenceChanges }) { contactSince = host.clock.wall }
    try leave("assign")
  }

  /// Answers `.revoked`: the partitions are given up, and the member joins again.
  public func unassign() throws(LogFailure) {
    try enter("unassign")
    guard case .revoked(let lost) = membership.unanswered else {
      log.violated("\(host.clientID) gives up partitions that nobody asked for")
      throw LogFailure(.abortTransaction, "unassign where nothing was revoked")
    }
    consumed.assign([])
    proofs.restart()
    if !lost { keepTimerWork() }
    deliveries = []  // what was handed over and not committed is the next member's
    let id = membership.id
    membership = Membership(id: id)
    // Out of reach, the next poll that gets through does it.
    if host.isReachable {
      if lost { join() } else if let id { log.group.rejoin(id, now: log.now) }
    }
    log.changed("\(id ?? "?") has given up its partitions")
    try leave("unassign")
  }

  /// The group's committed positions; `retry` while offsets of open transactions are pending for any of them.
  public func committed(_ partitions: [LogPartition]) throws(LogFailure) -> [LogPosition] {
    try enter("committed")
    try mayRetry("committed")
    let waitsForStable = !host.deviations.contains(.fetchesUnstableOffsets)
    if waitsForStable, let pending = partitions.first(where: { log.group.offsets.isPending($0) }) {
      log.happened(.unstableOffsets)
      throw LogFailure(.retry, "offsets of \(pending) are not stable")
    }
    return partitions.map { LogPosition($0, offset: log.group.offsets[$0]) }
  }
}
