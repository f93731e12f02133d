// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// The contract's rules, written down slowly: what a worker publishes for a history of committed transactions.
///
/// Plain dictionaries, Strings and Foundation's JSON; nothing of the worker's rules or codecs. It knows of what goes
/// wrong only what the contract says: which process committed a transaction, and whether it was told.
struct ReferenceModel {
  /// One transaction at work on one partition.
  struct Work {
    var host: Int
    var partition: Int32
    /// The version of the spaces that the transaction worked with.
    var spacesVersion: Int64 = 0
    /// What is left to the requesters that the transaction has heard of.
    var buckets: [String: ReferenceBucket] = [:]
    /// The users that the transaction has touched, in the order of the first touch.
    var users: [String: ReferenceUser] = [:]
    var touched: [String] = []
    /// What the users were when the transaction began.
    var before: [String: ReferenceUser?] = [:]
    /// The users as they were published last in it.
    var published: [String: ReferenceUser] = [:]
    var outputs: [(topic: LogTopic, key: String, output: ReferenceOutput)] = []
  }

  let rules: ReferenceRules
  let spaces: ReferenceSpaces
  var partitions: [Int32: ReferencePartition] = [:]
  /// Behind the last change that somebody has taken and committed, by partition.
  private var read: [Int32: Int64] = [:]
  /// What timers did that they may not.
  var faults: [String] = []
  /// How many leases ran out.
  var lapses = 0
  /// How many requests came that had been decided.
  var repeats = 0
  /// What is expected in the topics, by topic and key, in order.
  private(set) var expected: [LogTopic: [String: [ReferenceOutput]]] = [:]

  /// A model of a worker with these rules; `spaces` are all records of the spaces.
  init(_ rules: ReferenceRules, spaces: [StoredRecord]) {
    self.rules = rules
    self.spaces = ReferenceSpaces(spaces)
  }

  /// Replays a committed transaction; `record` finds an input.
  /// `isUnread` tells whether, of a partition's changes from an offset on, any were written before a moment.
  mutating func replay(
    _ transaction: CommittedTransaction,
    record: (LogPartition, Int64) -> StoredRecord?,
    isUnread: (_ partition: Int32, _ from: Int64, _ before: Int64) -> Bool
  ) {
    let numbers = transaction.positions.map(\.partition.partition) + transaction.deliveries.map(\.partition.partition)
    for number in Set(numbers).sorted() {
      var work = Work(host: transaction.host, partition: number)
      for delivery in transaction.deliveries where delivery.partition.partition == number {
        if let timer = delivery.timer {
          let from = read[number] ?? 0
          apply(timer, now: delivery.wall.milliseconds, &work) { isUnread(number, from, $0) }
          continue
        }
        if let proof = delivery.proof {
          judge(proof, work)
          continue
        }
        if delivery.partition.topic == .presenceChanges {
          read[number] = max(read[number] ?? 0, delivery.offset + 1)
        }
        guard let input = record(delivery.partition, delivery.offset) else { continue }
        work.spacesVersion = delivery.note
        apply(input, of: delivery.partition.topic, now: delivery.wall.milliseconds, &work)
      }
      if rules.coalesces { publishCoalesced(&work) }
      for (topic, key, output) in work.outputs { expected[topic, default: [:]][key, default: []].append(output) }
      partitions[number, default: ReferencePartition()].commit(
        work.users,
        published: work.published,
        buckets: work.buckets,
        by: work.host,
        isTold: transaction.isAcknowledged
      )
    }
  }

  private mutating func apply(_ input: StoredRecord, of topic: LogTopic, now: Int64, _ work: inout Work) {
    if topic == .userProfiles, input.content.value == nil { return delete(input, &work) }
    guard let event = ReferenceEvent(input.content.value) else {
      work.outputs.append((.deadLetters, input.keyText, .deadLetter(topic: topic.name, offset: input.offset)))
      return
    }
    switch topic {
    case .presenceChanges: applyChange(event, created: input.timestamp.milliseconds, now: now, &work)
    case .userProfiles: applyProfile(event, created: input.timestamp.milliseconds, now: now, &work)
    default: applyRequest(event, now: now, &work)
    }
  }

  // MARK: Users within a transaction

  func user(_ name: String, _ work: Work) -> ReferenceUser? {
    work.users[name] ?? partitions[work.partition]?.user(name, of: work.host)
  }

  /// Keeps a user, and publishes at once what a reader sees of it where changes are not coalesced.
  func keep(_ changed: ReferenceUser, _ work: inout Work) {
    var user = changed
    let old = self.user(user.name, work)
    if work.before[user.name] == nil {
      work.before[user.name] = .some(old)
      work.touched.append(user.name)
    }
    if !rules.coalesces { publish(&user, after: old, &work) }
    work.users[user.name] = user
  }

  private func publishCoalesced(_ work: inout Work) {
    for name in work.touched {
      guard var user = work.users[name], let before = work.before[name] else { continue }
      publish(&user, after: before, &work)
      work.users[name] = user
    }
  }

  private func publish(_ user: inout ReferenceUser, after old: ReferenceUser?, _ work: inout Work) {
    let isSame = old.map { $0.deletedAt == nil && $0.creation == user.creation } ?? false
    if user.deletedAt != nil {
      work.outputs.append((.presenceSnapshots, user.name, .tombstone))
    } else {
      if isSame, old?.view == user.view { return }
      user.version += 1
      work.outputs.append(
        (
          .presenceSnapshots, user.name,
          .snapshot(user.view, version: user.version, readings: user.readings.map(\.published))
        )
      )
    }
    work.published[user.name] = user
  }

  // MARK: Requests that were decided

  func isDecided(_ request: String, _ work: Work) -> Bool {
    partitions[work.partition]?.decided.contains(request) ?? false
  }

  mutating func decide(_ request: String, _ work: Work) {
    partitions[work.partition, default: ReferencePartition()].decided.insert(request)
  }
}
