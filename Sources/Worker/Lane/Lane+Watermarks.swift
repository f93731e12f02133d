// SPDX-License-Identifier: Apache-2.0

/// Knowing that everything was read: leases may only run out where it was (presence rule 7).
extension Lane {
  /// How long a mark may take to be reached before the partition counts as having fallen behind.
  private static var patience: Int64 { 5_000 }

  /// Takes answers about high watermarks, asks for new ones, and notes which partitions are caught up.
  func takeBounds(_ client: Client) throws(LogFailure) {
    guard restore.isDone, !owned.isEmpty else { return }
    while let answer = client.takeBounds() {
      guard answer.token == watermarks.token else { continue }
      watermarks.token = nil
      guard let bounds = answer.bounds else { continue }
      status.lags.removeAll(keepingCapacity: true)
      for bound in bounds {
        let number = bound.partition.partition
        let position = positions[bound.partition.topic, number] ?? 0
        status.lags.append(PartitionLag(partition: bound.partition, position: position, end: bound.high))
        if bound.partition.topic == .presenceChanges, watermarks.pending[number] == nil {
          watermarks.pending[number] = WatermarkWatch.Mark(askedAt: watermarks.askedAt, high: bound.high)
        }
      }
    }
    // What failed may be another lane's by now: with nothing left to commit there is no commit to wait for.
    if status.lag == 0, !transaction.hasWork { noteProgress() }
    noteReachedMarks()
    let isWanted = owned.contains { stores[Int($0)]?.wantsConfirmation ?? false }
    let interval = isWanted ? 50 : settings.boundsInterval.milliseconds
    guard watermarks.token == nil || now.monotonic - watermarks.askedAt > Self.patience,
      watermarks.askedAt == .min || now.monotonic - watermarks.askedAt >= interval
    else { return }
    let token = watermarks.makeToken()
    watermarks.token = token
    watermarks.askedAt = now.monotonic
    let inputs = owned.flatMap { number in LogTopic.enricherInputs.map { LogPartition($0, number) } }
    client.requestBounds(of: inputs, atTime: nil, token: token)
  }

  private func noteReachedMarks() {
    for (number, mark) in watermarks.pending {
      guard let store = stores[Int(number)] else {
        watermarks.pending[number] = nil
        continue
      }
      if positions[.presenceChanges, number] ?? 0 >= mark.high {
        store.confirmedAt = max(store.confirmedAt, mark.askedAt)
        store.wantsConfirmation = false
        if store.caughtUpSince == nil { store.caughtUpSince = mark.askedAt }
        watermarks.pending[number] = nil
      } else if now.monotonic - mark.askedAt > Self.patience {
        // Behind for longer than any lease's grace forgives: renewals may lie unread, so leases start anew later.
        store.forgetContact()
        watermarks.pending[number] = nil
      }
    }
  }
}
