// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

/// A Kafka cluster without threads, network or clock: everything happens when the scheduler or a client makes it.
///
/// It holds the partitions of the contract's topics, one consumer group and the transactions. Time is a number that
/// `advance` moves. All randomness comes from one generator, so that a seed is a whole history.
///
/// What is not modelled: replication and leaders (a leader that moves is a `retry`), retention of what is not
/// compacted, several groups, quotas, and request time-outs as such (a late request is a late turn of its member).
public final class SimulatedLog {
  /// How long things take, in milliseconds; the design's defaults.
  public struct Timeouts: Sendable {
    /// After how long an open transaction is aborted.
    public var transaction: Int64 = 10_000
    /// After how long a silent member is removed.
    public var session: Int64 = 15_000
    /// After how long a member that does not poll is removed, and for how long a rebalance waits for members.
    public var pollInterval: Int64 = 60_000
    /// How long tombstones stay.
    public var deleteRetention: Int64 = 86_400_000

    /// The defaults.
    public init() {}
  }

  /// The generator of everything that is left to chance.
  public var random: SplitMix64
  /// What goes wrong, and how often.
  public var faults: FaultProfile
  /// The wall clock's time at the beginning plus what has passed: the log's own time.
  public private(set) var now: Int64 = 0
  /// What happened; silent unless somebody reads it.
  public let trace: SimulationTrace
  /// The times.
  public let timeouts: Timeouts
  /// How many partitions the co-partitioned topics have.
  public let partitionCount: Int32
  /// What the members did that no client of Kafka may do, each as a sentence; a run with any has failed.
  public private(set) var violations: [String] = []
  /// Grows with every write, decision and change of the group: a log whose version stands still is quiet.
  public private(set) var version = 0

  /// Whether compaction takes inputs away that the group has not consumed, or that it was the newest consumed one of.
  ///
  /// Kafka does: where a key has a newer record, the older one goes, whether or not the group has come to the newer. A
  /// process that restores then does not find the profile that was in force, only the next, as an input.
  public var compactsUnreadInputs = true
  /// What was committed, in the order of the coordinator's decisions.
  public internal(set) var history: [CommittedTransaction] = []

  /// How often what has happened.
  public private(set) var events: [SimulatedEvent: Int] = [:]

  let transactions = TransactionCoordinator()
  let group: GroupCoordinator
  /// Gives others a turn in the midst of a client's call; the scheduler sets it.
  var interleave: (() -> Void)?
  /// Stops a process in the midst of a call until others have taken its place and had up to so many turns; the scheduler
  /// sets it.
  var stall: ((SimulatedHost, _ turns: Int) -> Void)?
  /// Lets time pass for the log and all machines; the scheduler sets it.
  var letTimePass: ((_ milliseconds: Int64) -> Void)?
  /// Ends of transactions whose client has given up waiting for the answer, and that may still arrive.
  private var lateEnds: [(producer: ProducerIdentity, transaction: CommittedTransaction?)] = []
  private var hosts = 0
  private var partitions: [LogPartition: SimulatedPartition] = [:]
  private let order: [LogPartition]

  /// When a simulated history begins: 2026-11-22T08:00:00Z.
  public static let epoch = Timestamp(milliseconds: 1_795_334_400_000)

  /// An empty cluster.
  public init(
    seed: UInt64,
    partitionCount: Int32 = 2,
    faults: FaultProfile = .calm,
    timeouts: Timeouts = Timeouts(),
    trace: SimulationTrace = SimulationTrace(isRecording: false)
  ) {
    self.random = SplitMix64(seed: seed)
    self.faults = faults
    self.timeouts = timeouts
    self.trace = trace
    self.partitionCount = partitionCount
    self.order = LogTopic.allCases.flatMap { topic in
      (0..<(topic == .portalSpaces ? 1 : partitionCount)).map { LogPartition(topic, $0) }
    }
    let compacted: [LogTopic] = [.userProfiles, .portalSpaces, .presenceSnapshots]
    for name in order { partitions[name] = SimulatedPartition(name, isCompacted: compacted.contains(name.topic)) }
    group = GroupCoordinator(
      subscribed: order.filter { LogTopic.enricherInputs.contains($0.topic) },
      sessionTimeout: timeouts.session,
      rebalanceTimeout: timeouts.pollInterval,
      maximumPollInterval: timeouts.pollInterval
    )
  }

  /// The log's time of day.
  public var time: Timestamp { SimulatedLog.epoch.adding(milliseconds: now) }

  /// All partitions, in the order of the topics.
  public var allPartitions: [SimulatedPartition] { order.map { self[$0] } }

  /// A partition that exists.
  public subscript(name: LogPartition) -> SimulatedPartition {
    guard let partition = partitions[name] else { preconditionFailure("\(name) does not exist") }
    return partition
  }

  /// Whether a partition exists.
  public func exists(_ name: LogPartition) -> Bool { partitions[name] != nil }

  // MARK: What the test and the scheduler do

  /// Writes a record outside of any transaction: what gateways, the portal and the resolver do.
  @discardableResult
  public func write(_ content: RecordContent, to name: LogPartition) -> Int64 {
    changed("write \(name) at \(self[name].high): \(content)")
    return self[name].append(content, at: time, producer: nil)!  // no producer, so nobody is fenced
  }

  /// Writes records in a transaction of their own and ends it at once: a portal that writes transactionally.
  public func writeTransaction(_ contents: [RecordContent], to name: LogPartition, commits: Bool) {
    changed("write \(name) at \(self[name].high), \(commits ? "committed" : "aborted"): \(contents)")
    let producer = ProducerIdentity(id: -1, epoch: 0)
    for content in contents { _ = self[name].append(content, at: time, producer: producer) }  // one epoch only
    self[name].appendMarker(producer, commits: commits, at: time)
  }

  /// Moves time on, and removes and aborts what is over it.
  public func advance(milliseconds: Int64) {
    now += milliseconds
    for id in transactions.expire(now: now) {
      happened(.transactionTimeout)
      changed("transaction of \(id) timed out")
    }
    for id in group.expire(now: now) {
      happened(.memberExpired)
      changed("member \(id) expired")
    }
  }

  /// Writes one of the markers that wait, chosen at random; answers whether there was one.
  @discardableResult
  public func deliverMarker(of transactionalID: String? = nil) -> Bool {
    guard let marker = random.pick(transactions.pendingMarkers(of: transactionalID)) else { return false }
    happened(.delayedMarker)
    deliver(marker)
    return true
  }

  /// Writes all markers that wait.
  public func deliverAllMarkers(of transactionalID: String? = nil) {
    for marker in transactions.pendingMarkers(of: transactionalID) { deliver(marker) }
  }

  /// Lets one of the requests arrive that were given up by their clients; the coordinator decides whether it is still
  /// of this epoch.
  public func deliverLateRequest() {
    guard !lateEnds.isEmpty else { return }
    happened(.lateEnd)
    let late = lateEnds.remove(at: random.below(lateEnds.count))
    do throws(CoordinatorError) {
      try transactions.end(late.producer, commits: late.transaction != nil)
      if let transaction = late.transaction { history.append(transaction) }
      changed("late \(late.transaction == nil ? "abort" : "commit") of producer \(late.producer.id) arrives")
    } catch {
      trace.note(now, "late end of producer \(late.producer.id) is refused: \(error)")
    }
  }

  /// Compacts all compacted topics up to a random place.
  public func compact() {
    for partition in allPartitions where partition.isCompacted && partition.high > 0 {
      var bound = Int64(random.below(Int(partition.high) + 1))
      if !compactsUnreadInputs, LogTopic.enricherInputs.contains(partition.name.topic) {
        bound = min(bound, group.offsets[partition.name] ?? 0)
      }
      happened(.compaction)
      partition.compact(before: bound, tombstonesBefore: time.adding(milliseconds: -timeouts.deleteRetention))
    }
  }

  /// Deletes inputs that the group has consumed, each partition's up to a random place.
  public func deleteConsumed() {
    for partition in allPartitions where LogTopic.enricherInputs.contains(partition.name.topic) {
      guard !partition.isCompacted, let consumed = group.offsets[partition.name], consumed > partition.start else {
        continue
      }
      happened(.retention)
      partition.delete(before: partition.start + Int64(random.below(Int(consumed - partition.start) + 1)))
    }
  }

  /// Gives a partition a leader that shows readers nothing new until `speedUp`.
  public func slowDown() {
    guard let partition = random.pick(allPartitions) else { return }
    happened(.slowFetch)
    partition.fetchLimit = partition.lastStable
    trace.note(now, "\(partition.name) is shown up to \(partition.lastStable) only")
  }

  /// Ends what `slowDown` began, everywhere.
  public func speedUp() {
    for partition in allPartitions { partition.fetchLimit = nil }
  }

  /// Makes the group rebalance.
  public func rebalance() {
    happened(.rebalance)
    group.beginRebalance(now: now)
    changed("group is asked to rebalance")
  }

  // MARK: What the test looks at

  /// The records of a partition that a read-committed reader gets, from its beginning.
  public func committedRecords(of name: LogPartition) -> [StoredRecord] {
    let partition = self[name]
    let stable = partition.lastStable
    return partition.records.filter { $0.offset < stable && $0.isVisible }
  }

  /// The next record that a read-committed reader of a partition gets; nil where it has to wait.
  public func nextCommitted(of name: LogPartition, from position: Int64) -> StoredRecord? {
    self[name].nextVisible(from: position)
  }

  /// Like `committedRecords`, with what compaction has removed since.
  public func everCommittedRecords(of name: LogPartition) -> [StoredRecord] {
    let partition = self[name]
    let stable = partition.lastStable
    return (partition.removed + partition.records).filter { $0.offset < stable && $0.isVisible }
      .sorted { $0.offset < $1.offset }
  }

  /// The group's committed offset; nil where there is none.
  public func committedOffset(of name: LogPartition) -> Int64? { group.offsets[name] }

  /// Whether the group has committed all that there is to read of its inputs.
  public var areInputsConsumed: Bool {
    allPartitions.allSatisfy { partition in
      !LogTopic.enricherInputs.contains(partition.name.topic)
        || partition.nextVisible(from: group.offsets[partition.name] ?? 0) == nil
    }
  }

  /// Whether no transaction is open or waits for markers.
  public var areTransactionsComplete: Bool { transactions.isIdle && group.offsets.isStable }

  // MARK: What clients report

  /// A client that blocks: time passes.
  func wait(milliseconds: Int64) {
    if let letTimePass { letTimePass(milliseconds) } else { advance(milliseconds: milliseconds) }
  }

  /// Sends the end of a transaction that arrives later or never; without a transaction it is an abort.
  func sendLate(_ producer: ProducerIdentity, _ transaction: CommittedTransaction?) {
    lateEnds.append((producer, transaction))
  }

  func happened(_ event: SimulatedEvent) { events[event, default: 0] += 1 }

  func numberHost() -> Int {
    hosts += 1
    return hosts
  }

  func changed(_ event: @autoclosure () -> String) {
    version += 1
    trace.note(now, event())
  }

  func violated(_ sentence: String) {
    violations.append(sentence)
    trace.note(now, "VIOLATION: \(sentence)")
  }

  private func deliver(_ marker: (producer: ProducerIdentity, target: TransactionCoordinator.Target, commits: Bool)) {
    switch marker.target {
    case .partition(let name):
      self[name].appendMarker(marker.producer, commits: marker.commits, at: time)
      if random.chance(faults.repeatedMarker) {
        happened(.repeatedMarker)
        self[name].appendMarker(marker.producer, commits: marker.commits, at: time)
      }
    case .group: group.offsets.complete(marker.producer, commits: marker.commits)
    }
    transactions.wrote(marker.target, for: marker.producer)
    changed("marker of producer \(marker.producer.id): \(marker.commits ? "commit" : "abort") in \(marker.target)")
  }
}
