// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

/// A question for watermarks that waits for its answer.
struct BoundsRequest {
  var token: UInt64
  var partitions: [LogPartition]
  var atTime: Timestamp?
  /// The answer as of the moment of the question; nil where the log finds it when it is taken.
  var answer: LogBoundsAnswer?
}

extension SimulatedLogClient {
  /// Hands over some of the records that are there, or announces a rebalance. It never waits.
  public func poll(
    wait: Duration,
    limit: Int,
    onRecord: (SimulatedRecord) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) -> LogRebalance? {
    try enter("poll")
    try deliverInBackground()
    if membership.unanswered != nil {
      if host.isReachable, let id = membership.id { log.group.touch(id, now: log.now) }
      return nil
    }
    if let rebalance = try rebalanceNotice() {
      try leave("poll")
      return rebalance
    }
    read(
      &consumed,
      limit: limit,
      onRecord: onRecord,
      onEnd: { [self] partition, position in
        proofs.reach(partition, position)
        onEnd(partition, position)
      },
      before: { [self] in noteDelivery($0, $1) }
    )
    try leave("poll")
    return nil
  }

  /// Lets the second reader read these partitions.
  public func assignReader(_ positions: [LogPosition]) throws(LogFailure) {
    try enter("assignReader")
    for position in positions where !log.exists(position.partition) {
      log.violated("\(host.clientID) restores from \(position.partition), which does not exist")
      throw LogFailure(.discardClient, "unknown partition")
    }
    restored.assign(positions)
  }

  /// Hands over some of the records that the second reader finds.
  public func pollReader(
    wait: Duration,
    limit: Int,
    onRecord: (SimulatedRecord) -> Void,
    onEnd: (LogPartition, Int64) -> Void
  ) throws(LogFailure) {
    try enter("pollReader")
    read(&restored, limit: limit, onRecord: onRecord, onEnd: onEnd)
    try leave("pollReader")
  }

  /// Asks for watermarks, as a read-uncommitted handle does.
  public func requestBounds(of partitions: [LogPartition], atTime: Timestamp?, token: UInt64) {
    guard !host.hasCrashed, life == .connected else { return }
    proofs.ask(partitions, token: token, at: host.clock.wall.milliseconds)
    var request = BoundsRequest(token: token, partitions: partitions, atTime: atTime)
    if !host.isReachable || log.random.chance(log.faults.boundsUnanswered) {
      log.happened(.unansweredWatermarks)
      request.answer = LogBoundsAnswer(token: token, bounds: nil)
    } else if log.random.chance(0.5) {
      request.answer = answer(request)
    }
    bounds.append(request)
  }

  /// The answer to one of the questions, in any order; each has one in the end.
  public func takeBounds() -> LogBoundsAnswer? {
    guard !host.hasCrashed, life == .connected, !bounds.isEmpty else { return nil }
    guard !log.random.chance(log.faults.boundsLate) else { return nil }
    let request = bounds.remove(at: log.random.below(bounds.count))
    let answer = request.answer ?? answer(request)
    proofs.take(answer)
    return answer
  }

  /// Keeps what was handed over. Where an offset comes again, the member has gone back: what followed it does not count.
  private func noteDelivery(_ partition: LogPartition, _ offset: Int64) {
    proofs.reach(partition, offset + 1)
    deliveries.removeAll { $0.partition == partition && $0.offset >= offset }
    deliveries.append(
      CommittedTransaction.Delivery(
        partition: partition,
        offset: offset,
        wall: host.clock.wall,
        note: host.note
      )
    )
  }

  private func answer(_ request: BoundsRequest) -> LogBoundsAnswer {
    guard host.isReachable else { return LogBoundsAnswer(token: request.token, bounds: nil) }
    return LogBoundsAnswer(
      token: request.token,
      bounds: request.partitions.map { name in
        LogBounds(
          partition: name,
          high: log[name].high,
          atTime: request.atTime.flatMap { log[name].firstOffset(atOrAfter: $0) }
        )
      }
    )
  }

  /// Reads committed records of the partitions in random order. A partition that is read to its last stable offset
  /// reports its end, whose position lies behind markers and aborted records.
  private func read(
    _ positions: inout ReadPositions,
    limit: Int,
    onRecord: (SimulatedRecord) -> Void,
    onEnd: (LogPartition, Int64) -> Void,
    before: (LogPartition, Int64) -> Void = { _, _ in }
  ) {
    guard host.isReachable, !positions.places.isEmpty, !log.random.chance(log.faults.emptyPoll) else { return }
    var budget = min(limit, log.random.within(1...log.faults.recordsPerPoll))
    for index in positions.places.indices.shuffled(using: &log.random) {
      let name = positions.places[index].partition
      if positions.places[index].next < log[name].start || positions.places[index].next > log[name].high {
        // Only what the group has consumed is deleted, so a reader that gets here is behind the times; or it was ahead
        // of brokers that have lost something.
        log.happened(.offsetOutOfRange)
        positions.move(index, to: log[name].start)
      }
      let end = log[name].fetchEnd
      while budget > 0, !host.hasCrashed,
        let record = log[name].nextVisible(from: positions.places[index].next, upTo: end)
      {
        positions.move(index, to: record.offset + 1)
        budget -= 1
        log.trace.note(log.now, "\(host.clientID) reads \(name) at \(record.offset)")
        before(name, record.offset)
        arena.lend(record, of: name, before: log[name].nextVisible(from: record.offset + 1, upTo: end), to: onRecord)
      }
      guard budget > 0, !host.hasCrashed else { return }
      if let end = positions.reachEnd(index, at: end) { onEnd(name, end) }
    }
  }
}
