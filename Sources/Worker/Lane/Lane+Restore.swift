// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// From an assignment to work, in slices of the lane's own loop: it keeps polling, and a revocation ends it at any point.
///
/// In order: (a) the group's committed positions, stable, so that a predecessor's transaction has ended or is waited
/// for; (b) then the high watermarks of snapshots and outcomes, uncommitted records included; (c) these topics up to
/// the marks, `read_committed`, so that a predecessor's last transaction is read and not missed; (d) the profiles up to
/// what the group has committed, as what lies behind is input; (e) of outcomes the headers of the duplicate window.
/// Then the profiles behind the committed position are applied as input before anything else is.
extension Lane {
  func answer(_ rebalance: LogRebalance, _ client: Client) throws(LogFailure) {
    switch rebalance {
    case .assigned(let partitions):
      let count = try partitionCount(client)
      enricher.partitionCount = count
      let numbers = Set(partitions.map(\.partition)).sorted()
      for number in numbers {
        let held = partitions.filter { $0.partition == number }.count
        guard held == LogTopic.enricherInputs.count else {
          let message = "partition \(number) came with \(held) of \(LogTopic.enricherInputs.count) inputs"
          status.fault = message
          report(.topologyFault(message))
          throw LogFailure(.discardClient, message)
        }
      }
      try client.assign([])
      takeOver(numbers, count: count)
      report(.assigned(partitions: numbers.count))
      if numbers.isEmpty {
        noteProgress()  // what failed is somebody else's now
        restore = .done
        beginRunning()
      } else {
        beginRestore(answered: true)
      }
    case .revoked(let lost):
      report(.revoked(lost: lost))
      if lost {
        rollBack()
        if transaction.isOpen { try client.abort() }
        transaction = LaneTransaction()
      } else {
        try commit(client)
      }
      try client.assignReader([])
      parkStores()
      try client.unassign()
      status.phase = .joining
    }
  }

  /// The topics' count of partitions. Where they differ the lane is not ready until people have done something about it.
  private func partitionCount(_ client: Client) throws(LogFailure) -> Int32 {
    do throws(LogFailure) {
      return try client.partitionCount()
    } catch {
      if error.isMisfit {
        status.fault = error.message
        report(.topologyFault(error.message))
      }
      throw error
    }
  }

  private func takeOver(_ numbers: [Int32], count: Int32) {
    if stores.count != Int(count) {
      stores = Array(repeating: nil, count: Int(count))
      parked.removeAll()
    }
    owned = numbers
    positions.reset(count: count)
    status.partitions = numbers
    for number in numbers {
      let index = Int(number)
      if let kept = parked.removeValue(forKey: number) {
        stores[index] = kept.store
        kept.store.forgetContact()
      } else {
        marks.forget(number)
        stores[index] = PartitionStore(
          partition: number,
          settings: enricher.settings.contact,
          now: now.monotonic
        )
      }
    }
    dropOldStores()
  }

  /// Gives the partitions up, and keeps their stores for a while: most come back.
  func parkStores() {
    for number in owned {
      if let store = stores[Int(number)] { parked[number] = ParkedStore(store: store, since: now.monotonic) }
      stores[Int(number)] = nil
    }
    owned = []
    status.partitions = []
    status.lags = []
    status.restore = nil
    restore = .idle
    watermarks.forget()
    transaction = LaneTransaction()
  }

  private func dropOldStores() {
    for (number, kept) in parked where now.monotonic - kept.since > settings.storeKeeping.milliseconds {
      parked[number] = nil
      marks.forget(number)
    }
  }

  /// Begins again from the committed positions. Where this is not the answer to a rebalance, what the consumer still
  /// has of its old positions is thrown away first.
  func beginRestore(answered: Bool = false) {
    restore = answered ? .askingCommitted : .rewinding
    status.phase = .restoring
    status.lags = []
    watermarks.forget()
    for number in owned { stores[Int(number)]?.forgetContact() }
  }

  // MARK: One slice

  func advanceRestore(_ client: Client) throws(LogFailure) {
    switch restore {
    case .idle, .done:
      return
    case .rewinding:
      try client.assignReader([])
      try client.assign([])
      restore = .askingCommitted
    case .askingCommitted:
      guard now.monotonic >= restoresFrom else { return }
      try askCommitted(client)
    case .askingBounds(let token, let committed):
      while let answer = client.takeBounds() {
        guard answer.token == token else { continue }
        guard let bounds = answer.bounds else {
          restore = .askingCommitted
          return
        }
        try startReading(bounds, committed, client)
        return
      }
    case .reading(let reading):
      try readSlice(reading, client)
    case .catchingUp(let missing):
      guard missing.isEmpty else { return }
      try startWork(client)
    }
  }

  private func askCommitted(_ client: Client) throws(LogFailure) {
    let inputs = owned.flatMap { number in LogTopic.enricherInputs.map { LogPartition($0, number) } }
    let committed: [LogPosition]
    do throws(LogFailure) {
      committed = try client.committed(inputs)
    } catch {
      if case .retry = error.recovery { return }  // asked again in the next turn
      throw error
    }
    positions.reset(count: Int32(stores.count))
    for position in committed { positions.setCommitted(position) }
    let token = watermarks.makeToken()
    let state = owned.flatMap { number in
      [LogTopic.presenceSnapshots, .contactOutcomes, .userProfiles].map { LogPartition($0, number) }
    }
    let window = enricher.settings.contact.duplicateWindow.milliseconds
    client.requestBounds(of: state, atTime: now.wall.adding(milliseconds: -window), token: token)
    restore = .askingBounds(token: token, committed: committed)
  }

  private func startReading(
    _ bounds: [LogBounds],
    _ committed: [LogPosition],
    _ client: Client
  ) throws(LogFailure) {
    var reading = RestoreReading(
      committed: committed,
      missing: [:],
      isReadingProfiles: false,
      read: 0,
      total: 0,
      startedAt: now.monotonic,
      reportedAt: now.monotonic
    )
    var starts: [LogPosition] = []
    for bound in bounds {
      let partition = bound.partition
      guard partition.topic != .userProfiles else {
        reading.profileEnds[partition.partition] = bound.high
        continue
      }
      var start = marks[partition.topic, partition.partition]
      if start == nil, partition.topic == .contactOutcomes { start = bound.atTime }
      guard start ?? 0 < bound.high else { continue }
      starts.append(LogPosition(partition, offset: start))
      reading.missing[partition] = bound.high
      reading.total += bound.high - (start ?? 0)
    }
    if !starts.isEmpty { try client.assignReader(starts) }
    restore = .reading(reading)
  }

  private func startReadingProfiles(_ finished: RestoreReading, _ client: Client) throws(LogFailure) {
    var reading = finished
    reading.isReadingProfiles = true
    var starts: [LogPosition] = []
    for position in reading.committed where position.partition.topic == .userProfiles {
      let start = marks[.userProfiles, position.partition.partition]
      guard let committed = position.offset else { continue }
      // Brokers that have lost what they acknowledged end before that; what is not there is not waited for.
      let end = min(committed, reading.profileEnds[position.partition.partition] ?? committed)
      guard start ?? 0 < end else { continue }
      starts.append(LogPosition(position.partition, offset: start))
      reading.missing[position.partition] = end
      reading.total += end - (start ?? 0)
    }
    if !starts.isEmpty { try client.assignReader(starts) }
    restore = .reading(reading)
  }

  private func readSlice(_ current: RestoreReading, _ client: Client) throws(LogFailure) {
    var reading = current
    if reading.missing.isEmpty {
      if reading.isReadingProfiles {
        try finishReading(reading, client)
      } else {
        try startReadingProfiles(reading, client)
      }
      return
    }
    var fault: RestoreFailure?
    // Records come in runs of one partition, whose mark is looked up and moved once for a run.
    var run = RestoreRun()
    try client.pollReader(
      wait: .milliseconds(5),
      limit: 5_000,
      onRecord: { record in
        guard fault == nil else { return }
        if record.partition != run.partition {
          run.end(&marks)
          run = RestoreRun(partition: record.partition, mark: reading.missing[record.partition])
        }
        guard let mark = run.mark else { return }
        if record.offset < mark {
          reading.read += 1
          prefetch(record.next)
          do throws(RestoreFailure) {
            try take(record)
          } catch {
            fault = error
          }
          run.position = record.offset + 1
        }
        guard record.offset + 1 >= mark else { return }
        run.mark = nil
        reading.missing[record.partition] = nil
      },
      onEnd: { partition, position in
        run.end(&marks)
        run = RestoreRun()
        guard let end = reading.missing[partition], position >= end else { return }
        marks.advance(partition.topic, partition.partition, to: min(position, end))
        reading.missing[partition] = nil
      }
    )
    run.end(&marks)
    for number in owned { stores[Int(number)]?.commit(now: now) }
    enricher.keepCounters()
    if let fault {
      status.fault = fault.message
      report(.topologyFault(fault.message))
      throw LogFailure(.discardClient, fault.message)
    }
    status.restore = (reading.read, reading.total)
    if now.monotonic - reading.reportedAt >= 2_000 {
      reading.reportedAt = now.monotonic
      report(.restoreProgress(read: reading.read, total: reading.total))
    }
    restore = .reading(reading)
  }

  private func take(_ record: Client.Record) throws(RestoreFailure) {
    guard let store = stores[Int(record.partition.partition)] else { return }
    switch record.partition.topic {
    case .presenceSnapshots: try enricher.restoreSnapshot(record, into: store, now: now)
    case .contactOutcomes: try enricher.restoreOutcome(record, into: store)
    case .userProfiles: try enricher.restoreProfile(record, into: store, now: now)
    default: break
    }
  }

  private func finishReading(_ reading: RestoreReading, _ client: Client) throws(LogFailure) {
    try client.assignReader([])
    for number in owned {
      if let store = stores[Int(number)] { enricher.noteOutdated(store, now: now) }
    }
    status.restore = nil
    status.restores.record(milliseconds: now.monotonic - reading.startedAt)
    report(.restored(records: Int(reading.read), milliseconds: now.monotonic - reading.startedAt))
    try client.assign(owned.map { LogPosition(LogPartition(.userProfiles, $0), offset: positions[.userProfiles, $0]) })
    restore = .catchingUp(Set(owned))
    status.phase = .catchingUp
  }

  private func startWork(_ client: Client) throws(LogFailure) {
    try client.assign(
      owned.flatMap { number in
        LogTopic.enricherInputs.map { LogPosition(LogPartition($0, number), offset: positions[$0, number]) }
      }
    )
    restore = .done
    beginRunning()
  }

  /// What kept the lane from its work is over, unless somebody else works under its name.
  private func beginRunning() {
    status.phase = .running
    if !hasFencingFault { status.fault = nil }
  }
}

/// Records of one partition that are read back one after the other.
private struct RestoreRun {
  var partition: LogPartition?
  /// Up to where the partition is read; nil where it has been.
  var mark: Int64?
  /// Behind the last record that was taken; nil where there was none.
  var position: Int64?

  /// Moves the partition's mark to behind what was taken.
  func end(_ marks: inout ReflectedMarks) {
    if let partition, let position { marks.advance(partition.topic, partition.partition, to: position) }
  }
}

/// The store of a partition that went away.
struct ParkedStore {
  var store: PartitionStore
  var since: Int64
}
