// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A lane: one thread with one consumer, one producer and the stores of its partitions.
///
/// `step()` is the whole loop: take what a rebalance wants, restore a slice, poll and apply, look at timers, commit when
/// it is time. Guarantees, with a transactional client:
///
/// (a) The outputs of a transaction, the positions of its inputs and the state in memory change together or not at all.
/// (b) Every transaction sends the position of at least one input of every partition that it wrote for, so that the
///     group's generation fences it (KIP-447).
/// (c) No input of a partition is processed before the state that earlier inputs left is restored, whoever processed
///     them, and none before the profiles that were there when the partition came.
/// (d) A failure ends at worst the lane's clients, never the process and never an input.
///
/// The lane is generic over its log, so that the tests run the same code on a simulated one.
final class Lane<Client: LogClient, Clock: LaneClock> {
  private(set) var settings: LaneSettings
  let enricher: Enricher
  let clock: Clock
  let makeClient: () -> Client
  /// The newest table of spaces; taken between transactions, so that each works with one version.
  let latestSpaces: () -> SpaceTable
  /// Beats at each turn, and between the calls of a turn that may block: for a watchdog.
  let heartbeat: Heartbeat
  /// The newest rules; nil where they never change. Taken between transactions likewise.
  let latestRules: () -> LaneRules?
  /// Told of what people who watch logs want to know; constant messages, no personal data.
  let report: (LaneReport) -> Void

  var client: Client?
  var status = LaneStatus()
  var stores: [PartitionStore?] = []
  var parked: [Int32: ParkedStore] = [:]
  var owned: [Int32] = []
  var positions = InputPositions()
  var marks = ReflectedMarks()
  var restore = RestoreProgress.idle
  var transaction = LaneTransaction()

  var now: LaneTime
  var failure: LogFailure?
  var watermarks = WatermarkWatch()
  /// What a rebalance wants, until it has been answered: an answer that fails is given again in the next turn.
  private var unanswered: LogRebalance?
  private var reconnectAt = Int64.min
  /// When a lane that is being stopped has to have finished (monotonic milliseconds).
  private var drainsUntil = Int64.max
  private var failuresInARow = 0
  /// Transactions with work in them that were taken back since one was committed.
  private var abortsInARow = 0
  /// Before this moment the lane does not begin to restore (monotonic milliseconds).
  var restoresFrom = Int64.min
  private var fencings: [Int64] = []
  /// The rules that were taken last.
  private var rules: LaneRules?

  init(
    settings: LaneSettings,
    enricher: Enricher,
    clock: Clock,
    makeClient: @escaping () -> Client,
    latestSpaces: @escaping () -> SpaceTable = { .empty },
    latestRules: @escaping () -> LaneRules? = { nil },
    heartbeat: Heartbeat = Heartbeat(),
    report: @escaping (LaneReport) -> Void = { _ in }
  ) {
    self.settings = settings
    self.enricher = enricher
    self.clock = clock
    self.makeClient = makeClient
    self.latestSpaces = latestSpaces
    self.heartbeat = heartbeat
    self.latestRules = latestRules
    self.report = report
    now = LaneTime(wall: clock.wall, monotonic: clock.monotonic)
  }

  // MARK: The loop

  /// One turn of the loop. Blocks in a poll for at most `longestWait` and in a commit for the time that the log takes.
  func step(longestWait: Duration = .milliseconds(100)) {
    readClocks()
    heartbeat.beat(at: now.monotonic)
    guard let client = connected() else { return }
    do throws(LogFailure) {
      if unanswered == nil { unanswered = try pollInputs(client, wait: wait(atMost: longestWait)) }
      if let rebalance = unanswered {
        try answer(rebalance, client)
        unanswered = nil
      }
      try takeBounds(client)
      try advanceRestore(client)
      runTimers(client)
      if let failure { throw failure }
      if commitIsDue { try commit(client) }
      // Joining is no success where every transaction fails: the pauses between clients would stay short.
      if status.failingSince == nil, status.fault == nil { failuresInARow = 0 }
    } catch {
      recover(from: error, client)
    }
    forgetOldFencings()
  }

  /// Ends the lane: the running transaction is committed if that works within the budget, and taken back otherwise.
  func stop(leaveGroup: Bool) {
    readClocks()
    drainsUntil = now.monotonic + settings.drainBudget.milliseconds
    if let client {
      client.hurry(settings.drainBudget)
      do throws(LogFailure) {
        if let failure { throw failure }
        try commit(client)
      } catch {
        report(.transactionFailed(error))
        rollBack()
        if transaction.isOpen, error.recovery != .discardClient { abandon(client) }
      }
      client.close(leaveGroup: leaveGroup)
    }
    client = nil
    status.phase = .stopped
    heartbeat.stop()
  }

  private func abandon(_ client: Client) {
    do throws(LogFailure) {
      try client.abort()
    } catch {
      report(.transactionFailed(error))  // the log aborts it by its time-out
    }
  }

  func readClocks() {
    now = LaneTime(wall: clock.wall, monotonic: clock.monotonic)
  }

  /// The wait while the consumer reads nothing and an answer is on its way to somebody else.
  private static var shortWait: Duration { .milliseconds(2) }

  private func wait(atMost longest: Duration) -> Duration {
    switch restore {
    case .reading: return .zero
    case .askingCommitted where restoresFrom > now.monotonic:
      return min(longest, .milliseconds(restoresFrom - now.monotonic))
    case .rewinding, .askingCommitted, .askingBounds: return min(longest, Self.shortWait)
    case .idle, .catchingUp, .done: break
    }
    if let due = transaction.dueAt(settings) {
      return min(longest, .milliseconds(max(0, due - now.monotonic)))
    }
    return longest
  }

  // MARK: Polling and applying

  private func pollInputs(_ client: Client, wait: Duration) throws(LogFailure) -> LogRebalance? {
    if !transaction.hasWork {
      enricher.spaces = latestSpaces()
      adoptRules()
    }
    let taken = transaction.inputs
    let rebalance = try client.poll(
      wait: transaction.isTooOld(settings, now: now.monotonic) ? .zero : wait,
      limit: transaction.isTooOld(settings, now: now.monotonic) ? 0 : settings.pollLimit,
      onRecord: { record in
        guard failure == nil, !isRewinding else { return }
        let partition = record.partition
        guard let store = stores[Int(partition.partition)] else { return }
        if transaction.beginsWork(now: clock.monotonic) { readClocks() }
        if transaction.touch(partition.partition) { store.begin() }
        prefetch(record.next)
        enricher.apply(record, store, now: now, sink: self)
        positions.advance(partition.topic, partition.partition, to: record.offset + 1)
        transaction.inputs += 1
      },
      onEnd: { partition, position in
        guard failure == nil, !isRewinding, stores[Int(partition.partition)] != nil else { return }
        if positions[partition.topic, partition.partition] ?? -1 < position {
          _ = transaction.beginsWork(now: clock.monotonic)
          positions.advance(partition.topic, partition.partition, to: position)
        }
        if case .catchingUp(var missing) = restore, partition.topic == .userProfiles {
          missing.remove(partition.partition)
          restore = .catchingUp(missing)
        }
      }
    )
    transaction.isBehind = transaction.inputs - taken >= settings.pollLimit
    return rebalance
  }

  /// Asks for the memory of the user whose record comes next.
  @inline(__always)
  func prefetch(_ next: LogSuccessor?) {
    if let next, let store = stores[Int(next.partition)] { store.users.prefetchSlot(of: next.key) }
  }

  /// Takes over the newest rules, unless a transaction or a restore works with the ones before.
  private func adoptRules() {
    switch restore {
    case .idle, .done: break
    default: return
    }
    guard let newest = latestRules(), newest !== rules else { return }
    rules = newest
    settings.commitInterval = newest.commitInterval
    settings.maximumTransactionRecords = newest.maximumTransactionRecords
    enricher.adopt(
      newest.enricher,
      stores: stores.compactMap { $0 } + parked.values.map(\.store),
      now: now.monotonic
    )
    status.agents = newest.enricher.agents.hash
  }

  private var isRewinding: Bool {
    if case .rewinding = restore { return true }
    return false
  }

  private func runTimers(_ client: Client) {
    guard case .done = restore, failure == nil, !transaction.isTooOld(settings, now: now.monotonic) else { return }
    if client.millisecondsSinceContact > enricher.settings.contactLossLimit.milliseconds {
      for partition in owned { stores[Int(partition)]?.forgetContact() }
    }
    for partition in owned {
      guard let store = stores[Int(partition)] else { continue }
      store.timers.advance(to: now.monotonic) { id in
        guard failure == nil else {
          store.timers.arm(id, at: now.monotonic)
          return
        }
        _ = transaction.beginsWork(now: now.monotonic)
        if transaction.touch(partition) { store.begin() }
        enricher.timerIsDue(for: id, store, now: now, sink: self)
      }
    }
  }

  // MARK: Committing

  private var commitIsDue: Bool {
    guard transaction.hasWork else { return false }
    if transaction.inputs >= settings.maximumTransactionRecords { return true }
    return transaction.dueAt(settings).map { $0 <= now.monotonic } ?? false
  }

  /// Publishes what was coalesced, and commits outputs, positions and state as one.
  func commit(_ client: Client) throws(LogFailure) {
    guard transaction.hasWork else { return }
    let began = clock.monotonic
    for partition in owned where transaction.hasTouched(partition) {
      if let store = stores[Int(partition)] { enricher.publishCoalesced(store, now: now, sink: self) }
    }
    if let failure { throw failure }
    let toCommit = positions.forCommit(of: owned) { transaction.hasTouched($0) }
    if transaction.isOpen || positions.dirtyCount > 0 {
      if !transaction.isOpen {
        try client.begin()
        transaction.isOpen = true
      }
      let called = clock.monotonic
      try commit(toCommit, client)
      let ended = clock.monotonic
      status.commits += 1
      status.commitCalls.record(milliseconds: ended - called)
      if let age = transaction.age(at: ended) { status.transactions.record(milliseconds: age) }
      noteProgress()
      positions.didCommit()
    }
    for partition in owned where transaction.hasTouched(partition) {
      guard let store = stores[Int(partition)] else { continue }
      store.commit(now: now)
      for topic in [LogTopic.presenceSnapshots, .contactOutcomes] {
        if let written = client.writtenUpTo(LogPartition(topic, partition)) {
          marks.advance(topic, partition, to: written)
        }
      }
    }
    for partition in owned {
      if let next = positions[.userProfiles, partition] { marks.advance(.userProfiles, partition, to: next) }
    }
    enricher.endTransaction(committed: true)
    transaction = LaneTransaction(after: began...max(began, clock.monotonic))
  }

  /// Commits, and tries again while the log asks for that; then the transaction is given up.
  private func commit(_ toCommit: [LogPosition], _ client: Client) throws(LogFailure) {
    var attempts = 0
    while true {
      do throws(LogFailure) {
        return try client.commit(toCommit)
      } catch {
        attempts += 1
        guard case .retry = error.recovery, attempts < 20, clock.monotonic < drainsUntil else {
          if case .retry = error.recovery {
            throw LogFailure(.abortTransaction, "the log asked to repeat a commit \(attempts) times: \(error.message)")
          }
          throw error
        }
        heartbeat.beat(at: clock.monotonic)
        try client.makeRoom()
      }
    }
  }

  /// Takes back what the running transaction did to the state.
  func rollBack() {
    for partition in owned where transaction.hasTouched(partition) {
      stores[Int(partition)]?.rollback(now: now.monotonic)
    }
    enricher.endTransaction(committed: false)
    failure = nil
  }

  // MARK: When it goes wrong

  private func connected() -> Client? {
    if let client { return client }
    guard now.monotonic >= reconnectAt else { return nil }
    let client = makeClient()
    do throws(LogFailure) {
      try client.connect()
      self.client = client
      status.phase = .joining
      status.connectionFailure = nil
      return client
    } catch {
      report(.connectionFailed(error))
      status.connectionFailure = error.message
      client.close(leaveGroup: false)
      scheduleReconnect()
      return nil
    }
  }

  private func recover(from error: LogFailure, _ client: Client) {
    report(.transactionFailed(error))
    if transaction.hasWork { noteNoProgress(error) }
    rollBack()
    let wasOpen = transaction.isOpen
    transaction = LaneTransaction()
    switch error.recovery {
    case .retry where !wasOpen:
      // Nothing was under way but reading; the positions are still true for what was committed.
      restart(client)
    case .retry, .abortTransaction:
      status.aborts += 1
      do throws(LogFailure) {
        if wasOpen { try client.abort() }
        restart(client)
      } catch {
        report(.transactionFailed(error))
        discard(client, error)
      }
    case .discardClient:
      discard(client, error)
    }
  }

  /// A transaction was committed, or nothing is left to commit.
  func noteProgress() {
    status.failingSince = nil
    abortsInARow = 0
  }

  /// A transaction is taken back. The first is tried again at once; a log that goes on refusing is not asked, and its
  /// readers not flooded with what is taken back, as fast as the lane can.
  private func noteNoProgress(_ error: LogFailure) {
    status.failingSince = status.failingSince ?? now.monotonic
    status.failure = error.message
    if abortsInARow > 0 {
      restoresFrom = now.monotonic + settings.reconnectBackoff.milliseconds << min(abortsInARow - 1, 3)
    }
    abortsInARow += 1
  }

  /// Reads on from what is committed, with the stores as they are: a restore that normally finds nothing to read.
  private func restart(_ client: Client) {
    if owned.isEmpty { return }
    beginRestore()
  }

  private func discard(_ client: Client, _ error: LogFailure) {
    status.aborts += 1
    client.close(leaveGroup: false)
    self.client = nil
    unanswered = nil
    parkStores()
    if error.isFenced { noteFencing() }
    scheduleReconnect()
  }

  private func scheduleReconnect() {
    status.reconnects += 1
    status.phase = .disconnected
    let backoff = settings.reconnectBackoff.milliseconds << min(failuresInARow, 5)
    failuresInARow += 1
    // Jitter that is the same in every run: lanes of one process fail together and should not come back together.
    let spread = Int64(truncatingIfNeeded: UInt64(bitPattern: Int64(status.reconnects &* 7_919)) % 100)
    reconnectAt = now.monotonic + backoff + backoff * spread / 200
  }

  private func noteFencing() {
    status.fencings += 1
    fencings.append(now.monotonic)
    fencings.removeAll { now.monotonic - $0 > 60_000 }
    guard hasFencingFault else { return }
    if status.fault == nil { report(.nameIsShared(settings.name)) }
    status.fault = "two workers share the id \(settings.name)"
  }

  var hasFencingFault: Bool { fencings.count >= 3 }

  private func forgetOldFencings() {
    if fencings.count >= 3, let last = fencings.last, now.monotonic - last > 60_000 {
      fencings.removeAll()
      status.fault = nil
    }
  }
}

/// What a lane tells people who watch logs.
enum LaneReport {
  case assigned(partitions: Int)
  case revoked(lost: Bool)
  case restored(records: Int, milliseconds: Int64)
  case restoreProgress(read: Int64, total: Int64)
  case transactionFailed(LogFailure)
  case connectionFailed(LogFailure)
  case topologyFault(String)
  case nameIsShared(String)
}

extension Lane: EnricherSink {
  /// Publishes a record in the running transaction, which begins with its first output.
  func emit(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) -> Bool {
    guard failure == nil, let client else { return true }  // the transaction is taken back whatever it has in it
    var size = 64 + (key?.count ?? 0) + (value?.count ?? 0)
    for header in headers { size += header.name.count + (header.value?.count ?? 0) + 4 }
    let limit = settings.maximumRecordBytes + (partition.topic == .deadLetters ? 65_536 : 0)
    guard size <= limit else { return false }
    do throws(LogFailure) {
      if !transaction.isOpen {
        try client.begin()
        transaction.isOpen = true
      }
      var attempts = 0
      while true {
        do throws(LogFailure) {
          // A time that is given saves librdkafka a look at the clock for each record.
          try client.produce(to: partition, key: key, value: value, headers: headers, timestamp: timestamp ?? now.wall)
          break
        } catch {
          if error.isTooLarge { return false }
          guard case .retry = error.recovery else { throw error }
          attempts += 1
          guard attempts < 1_000 else {
            throw LogFailure(.abortTransaction, "the producer's queue stays full: \(error.message)")
          }
          heartbeat.beat(at: clock.monotonic)
          try client.makeRoom()
        }
      }
    } catch {
      failure = error
    }
    return true
  }
}
