// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// A lane that is as small as a correct one can be: it counts words.
///
/// It reads words (keys) from `presence.changes` and `contact.requests`, keeps a count of each, writes the count to
/// `presence.snapshots`, which it restores from, and one line per input to `mail.dispatches`. Whatever breaks, the
/// committed lines of a word must be 1, 2, 3 … and the last snapshot the number of the word's inputs.
///
/// Each mutation is one mistake that such a lane might make; the tests prove that the simulation finds it.
final class WordCountLane: SteppingMember {
  enum Mutation: CaseIterable {
    /// Sends offsets without the group's metadata (what Kafka offered before KIP-447).
    case commitsWithoutFence
    /// Takes the committed offsets although a transaction that changes them is open.
    case takesUnstableOffsets
    /// Takes the first end of the changelog for its end, although a transaction is open there.
    case restoresBeforeMarker
    /// Keeps the counts of an aborted transaction.
    case forgetsUndo
    /// Keeps the counts when it makes new clients after a lost answer.
    case keepsCountsOverDiscard
    /// Keeps a record's bytes beyond the call.
    case keepsViews
    /// Gives its partitions up without ending the transaction.
    case forgetsTransactionAtRevocation
    /// Goes on after a lost end-of-transaction as if it had happened: reads on from where it was.
    case resumesFromOwnPositions
    /// Takes the answer to an earlier question for watermarks for the answer to the present one.
    case confusesAnswers
  }

  private enum Phase {
    case disconnected
    case idle
    /// Fetches the committed offsets; then reads the changelog, or, after an abort, goes on with the counts it has.
    case locating(restores: Bool)
    case awaitingMarks([LogPosition])
    case restoring([LogPosition])
    case running
  }

  private enum Ending { case commit([LogPosition]), abort }

  private let host: SimulatedHost
  private let mutation: Mutation?
  private var client: SimulatedLogClient?
  private var phase = Phase.disconnected
  private var held: [LogPartition] = []
  private var counts: [String: Int] = [:]
  private var undo: [(word: String, count: Int?)] = []
  private var positions: [LogPartition: Int64] = [:]
  private var isDirty = false
  private var begunAt: Int64?
  private var ending: Ending?
  private var revoked: LogRebalance?
  private var question: UInt64 = 0
  private var marks: [LogPartition: Int64] = [:]
  private var outbox: [(partition: LogPartition, key: [UInt8], view: ByteView?, value: String)] = []

  init(host: SimulatedHost, mutation: Mutation? = nil) {
    self.host = host
    self.mutation = mutation
    if mutation == .commitsWithoutFence { host.deviations.insert(.commitsWithoutMetadata) }
    if mutation == .takesUnstableOffsets { host.deviations.insert(.fetchesUnstableOffsets) }
  }

  func step() {
    let client = self.client ?? host.makeClient()
    self.client = client
    do throws(LogFailure) {
      try advance(client)
    } catch {
      recover(from: error)
    }
  }

  func stop() {
    guard let client else { return }
    do throws(LogFailure) {
      if begunAt != nil, ending == nil { try client.abort() }
    } catch {
      // The next incarnation or the time-out ends the transaction.
    }
    client.close(leaveGroup: true)
    self.client = nil
  }

  private func advance(_ client: SimulatedLogClient) throws(LogFailure) {
    if case .disconnected = phase {
      try client.connect()
      phase = .idle
      return
    }
    if ending != nil { return try end(client) }
    if let revoked { return try giveUp(revoked, client) }
    try flush(client)
    if let rebalance = try client.poll(wait: .zero, limit: 100, onRecord: count, onEnd: reach) {
      try answer(rebalance, client)
      return
    }
    try restore(client)
    try flush(client)
    if isDirty, let begunAt, host.clock.monotonic - begunAt >= 30 {
      ending = .commit(commitPositions)
      try end(client)
    }
  }

  private func recover(from failure: LogFailure) {
    switch failure.recovery {
    case .retry: return
    case .abortTransaction:
      outbox = []
      if begunAt != nil { ending = .abort } else { phase = held.isEmpty ? .idle : .locating(restores: false) }
    case .discardClient:
      client?.close(leaveGroup: false)
      client = nil
      phase = .disconnected
      if mutation != .keepsCountsOverDiscard { rollBack() }
      reset()
    }
  }

  // MARK: Records

  private func count(_ record: SimulatedRecord) {
    guard case .running = phase, let key = record.key else { return }
    let word = key.string
    let count = counts[word, default: 0] + 1
    undo.append((word, counts[word]))
    counts[word] = count
    positions[record.partition] = record.offset + 1
    isDirty = true
    let number = record.partition.partition
    let kept = mutation == .keepsViews ? key : nil
    outbox.append((LogPartition(.presenceSnapshots, number), Array(key.raw), kept, "\(count)"))
    let line = "\(count) \(record.partition)@\(record.offset)"
    outbox.append((LogPartition(.mailDispatches, number), Array(key.raw), kept, line))
  }

  private func reach(_ partition: LogPartition, _ end: Int64) {
    guard case .running = phase, positions[partition, default: 0] < end else { return }
    positions[partition] = end
    isDirty = true
  }

  /// Begins a transaction where there is something for it, and produces what waits.
  private func flush(_ client: SimulatedLogClient) throws(LogFailure) {
    guard isDirty else { return }
    if begunAt == nil {
      try client.begin()
      begunAt = host.clock.monotonic
    }
    while let output = outbox.first {
      let key = output.view.map { Array($0.raw) } ?? output.key
      do throws(LogFailure) {
        try produce(output.partition, key, output.value, client)
        outbox.removeFirst()
      } catch {
        guard error.recovery == .retry else { throw error }
        try client.makeRoom()
      }
    }
  }

  private func produce(
    _ partition: LogPartition,
    _ key: [UInt8],
    _ value: String,
    _ client: SimulatedLogClient
  ) throws(LogFailure) {
    try ByteView.withView(of: String(decoding: key, as: UTF8.self)) { key throws(LogFailure) in
      try ByteView.withView(of: value) { value throws(LogFailure) in
        let headers = UnsafeBufferPointer<LogHeader>(start: nil, count: 0)
        try client.produce(to: partition, key: key, value: value, headers: headers, timestamp: nil)
      }
    }
  }

  // MARK: Ends of transactions

  private var commitPositions: [LogPosition] {
    held.compactMap { partition in positions[partition].map { LogPosition(partition, offset: $0) } }
  }

  private func end(_ client: SimulatedLogClient) throws(LogFailure) {
    switch ending {
    case .commit(let positions):
      try client.commit(positions)
      undo = []
    case .abort:
      try client.abort()
      rollBack()
      phase = .locating(restores: false)
    case nil: return
    }
    ending = nil
    begunAt = nil
    isDirty = false
  }

  private func rollBack() {
    if mutation != .forgetsUndo {
      for change in undo.reversed() { counts[change.word] = change.count }
    }
    undo = []
    outbox = []
  }

  private func reset() {
    if mutation != .keepsCountsOverDiscard { counts = [:] }
    if mutation != .resumesFromOwnPositions { positions = [:] }
    undo = []
    outbox = []
    held = []
    isDirty = false
    begunAt = nil
    ending = nil
    revoked = nil
  }

  // MARK: Rebalances and restoring

  private func answer(_ rebalance: LogRebalance, _ client: SimulatedLogClient) throws(LogFailure) {
    switch rebalance {
    case .assigned(let partitions):
      held = partitions
      try client.assign([])
      phase = .locating(restores: true)
    case .revoked(let lost):
      revoked = rebalance
      if begunAt != nil, mutation != .forgetsTransactionAtRevocation {
        ending = lost || outbox.count > 0 ? .abort : .commit(commitPositions)
      }
    }
  }

  private func giveUp(_ rebalance: LogRebalance, _ client: SimulatedLogClient) throws(LogFailure) {
    try client.unassign()
    if mutation == .forgetsTransactionAtRevocation {
      (counts, positions, held, revoked) = ([:], [:], [], nil)
    } else {
      reset()
    }
    phase = .idle
  }

  private func restore(_ client: SimulatedLogClient) throws(LogFailure) {
    switch phase {
    case .disconnected, .idle, .running: return
    case .locating(let restores):
      let committed = try client.committed(held)
      guard restores, mutation != .keepsCountsOverDiscard || counts.isEmpty else {
        return try run(from: committed, client)
      }
      request(client)
      phase = .awaitingMarks(committed)
    case .awaitingMarks(let committed):
      guard let answer = client.takeBounds() else { return }
      guard answer.token == question || mutation == .confusesAnswers else { return }
      guard let bounds = answer.bounds else { return request(client) }
      marks = Dictionary(uniqueKeysWithValues: bounds.map { ($0.partition, $0.high) })
      try client.assignReader(bounds.map { LogPosition($0.partition, offset: nil) })
      phase = .restoring(committed)
    case .restoring(let committed):
      try client.pollReader(wait: .zero, limit: 100, onRecord: takeBack) { partition, end in
        if mutation == .restoresBeforeMarker || end >= marks[partition, default: 0] { marks[partition] = nil }
      }
      guard marks.isEmpty else { return }
      try client.assignReader([])
      try run(from: committed, client)
    }
  }

  private func run(from committed: [LogPosition], _ client: SimulatedLogClient) throws(LogFailure) {
    let places = committed.map { position in
      let own = mutation == .resumesFromOwnPositions ? positions[position.partition] : nil
      return LogPosition(position.partition, offset: own ?? position.offset)
    }
    try client.assign(places)
    positions = [:]
    phase = .running
  }

  private func request(_ client: SimulatedLogClient) {
    question += 1
    let partitions = held.filter { $0.topic == .presenceChanges }
    client.requestBounds(
      of: partitions.map { LogPartition(.presenceSnapshots, $0.partition) },
      atTime: nil,
      token: question
    )
  }

  private func takeBack(_ record: SimulatedRecord) {
    guard let key = record.key, let value = record.value else { return }
    counts[key.string] = Int(value.string)
  }
}
