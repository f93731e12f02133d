// SPDX-License-Identifier: Apache-2.0

import Worker

/// A consumer group with an eager assignor: members, generations and assignments.
///
/// The rules are those of `kafka.coordinator.group.GroupCoordinator`:
///
/// - (a) A member that comes or goes starts a rebalance. Every other member must give its partitions up and join again;
///   when all have, the generation grows and the partitions are dealt out. Who does not join again within
///   `rebalanceTimeout` is removed.
/// - (b) A member that is not heard of for `sessionTimeout`, or that does not poll for `maximumPollInterval`, is
///   removed. It learns of that when it comes back; until then it believes in its assignment.
/// - (c) A static member (`group.instance.id`, KIP-345) that restarts takes its old place: a new member id, the same
///   assignment and generation, no rebalance. The old member id is fenced from then on.
/// - (d) Offsets are taken from the current generation's members only (`accepts`), and kept in `GroupOffsets`.
final class GroupCoordinator {
  /// Who commits, and in which generation: what a consumer hands to the producer (KIP-447).
  struct Metadata: Hashable {
    var member: String
    var generation: Int32
  }

  struct Member {
    var id: String
    let instance: String?
    /// Whether it has joined the rebalance that is under way, or the last one.
    var isJoined = true
    var assignment: [LogPartition] = []
    /// Since when its heartbeats are missing.
    var silentSince: Int64?
    var lastPoll: Int64
  }

  enum Phase: Equatable {
    case empty
    case preparing(since: Int64)
    case stable
  }

  /// What a member learns when it asks.
  enum Standing: Equatable {
    /// The member is not known any more, or its instance has a new member id.
    case removed
    /// A rebalance is under way: give the partitions up and join again.
    case rebalancing
    /// It has joined and waits for the others.
    case waiting
    /// It has an assignment.
    case assigned(generation: Int32, [LogPartition])
  }

  let sessionTimeout: Int64
  let rebalanceTimeout: Int64
  let maximumPollInterval: Int64
  private let subscribed: [LogPartition]
  private(set) var members: [Member] = []
  private(set) var phase = Phase.empty
  private(set) var generation: Int32 = 0
  private var joins = 0
  let offsets = GroupOffsets()

  init(subscribed: [LogPartition], sessionTimeout: Int64, rebalanceTimeout: Int64, maximumPollInterval: Int64) {
    self.subscribed = subscribed
    self.sessionTimeout = sessionTimeout
    self.rebalanceTimeout = rebalanceTimeout
    self.maximumPollInterval = maximumPollInterval
  }

  /// Lets a member join and answers its member id, which begins with its client id.
  func join(clientID: String, instance: String?, now: Int64) -> String {
    joins += 1
    let id = "\(clientID)-\(joins)"
    if let instance, let index = members.firstIndex(where: { $0.instance == instance }) {
      members[index].id = id
      members[index].silentSince = nil
      members[index].lastPoll = now
      members[index].isJoined = true
      completeIfAllJoined()
      return id
    }
    beginRebalance(now: now)
    members.append(Member(id: id, instance: instance, lastPoll: now))
    completeIfAllJoined()
    return id
  }

  /// The member has given its partitions up and joins again.
  func rejoin(_ id: String, now: Int64) {
    guard let index = members.firstIndex(where: { $0.id == id }), case .preparing = phase else { return }
    members[index].isJoined = true
    members[index].lastPoll = now
    completeIfAllJoined()
  }

  func leave(_ id: String, now: Int64) {
    guard members.contains(where: { $0.id == id }) else { return }
    members.removeAll { $0.id == id }
    beginRebalance(now: now)
    completeIfAllJoined()
  }

  /// Starts a rebalance for no reason of the members': the subscription's metadata has changed.
  func beginRebalance(now: Int64) {
    guard !members.isEmpty, phase == .stable else { return }
    phase = .preparing(since: now)
    for index in members.indices { members[index].isJoined = false }
  }

  func touch(_ id: String, now: Int64) {
    guard let index = members.firstIndex(where: { $0.id == id }) else { return }
    members[index].lastPoll = now
  }

  func setSilent(_ id: String, since: Int64?) {
    guard let index = members.firstIndex(where: { $0.id == id }) else { return }
    if since == nil || members[index].silentSince == nil { members[index].silentSince = since }
  }

  /// Removes whose time is up, and answers their ids.
  func expire(now: Int64) -> [String] {
    let late = members.filter { member in
      if let since = member.silentSince, now - since > sessionTimeout { return true }
      if now - member.lastPoll > maximumPollInterval { return true }
      if case .preparing(let since) = phase, !member.isJoined { return now - since > rebalanceTimeout }
      return false
    }
    guard !late.isEmpty else { return [] }
    members.removeAll { member in late.contains { $0.id == member.id } }
    beginRebalance(now: now)
    completeIfAllJoined()
    return late.map(\.id)
  }

  func standing(of id: String) -> Standing {
    guard let member = members.first(where: { $0.id == id }) else { return .removed }
    switch phase {
    case .stable, .empty: return .assigned(generation: generation, member.assignment)
    case .preparing: return member.isJoined ? .waiting : .rebalancing
    }
  }

  /// Whether this member of this generation may commit. No metadata at all is accepted, as Kafka accepts an empty
  /// member id with generation -1: that is what makes a producer without group metadata unfenced.
  func accepts(_ metadata: Metadata?) -> Bool {
    guard let metadata else { return true }
    return metadata.generation == generation && members.contains { $0.id == metadata.member }
  }

  /// Whether everybody has an assignment, and nobody has it who is not there.
  var isComplete: Bool { phase == .stable && members.allSatisfy { $0.silentSince == nil } }

  private func completeIfAllJoined() {
    guard !members.isEmpty else {
      if phase != .empty { generation += 1 }
      phase = .empty
      return
    }
    guard phase != .stable, members.allSatisfy(\.isJoined) else { return }
    generation += 1
    phase = .stable
    assignRanges()
  }

  /// Deals the partitions out by ranges (`RangeAssignor`): for each topic the members in order of their instance or
  /// member ids get consecutive partitions, so that topics of equal counts are co-partitioned.
  private func assignRanges() {
    let order = members.indices.sorted {
      (members[$0].instance ?? members[$0].id) < (members[$1].instance ?? members[$1].id)
    }
    for index in members.indices { members[index].assignment = [] }
    for topic in LogTopic.allCases {
      let partitions = subscribed.filter { $0.topic == topic }.sorted { $0.partition < $1.partition }
      let share = partitions.count / order.count
      let extra = partitions.count % order.count
      var start = 0
      for (rank, index) in order.enumerated() {
        let count = share + (rank < extra ? 1 : 0)
        members[index].assignment += partitions[start..<start + count]
        start += count
      }
    }
  }
}
