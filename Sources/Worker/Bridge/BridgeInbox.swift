// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation

/// Where subscribers leave what they tell, and where the bridge's thread waits for it.
///
/// Of each subscriber one batch lies here at most: whoever leaves it goes on when the thread has taken it. So what a slow
/// thread does not take in time is replaced by what comes later where that is done, in `LiveEvents`.
final class BridgeInbox: @unchecked Sendable {  // its state is guarded by the condition
  /// What a subscriber has told.
  struct Batch {
    var roster: LiveRoster
    var source: String
    var events: [LiveEvent]
  }

  private let condition = NSCondition()
  private var batches: [Batch] = []
  private var senders: [CheckedContinuation<Void, Never>] = []
  private var isWoken = false
  private var isClosed = false

  /// Leaves a batch, and returns when it was taken.
  func leave(_ batch: Batch) async {
    await withCheckedContinuation { continuation in
      let isTaken = condition.withLock {
        guard !isClosed else { return true }
        batches.append(batch)
        senders.append(continuation)
        condition.signal()
        return false
      }
      if isTaken { continuation.resume() }
    }
  }

  /// Waits until something lies here, somebody wakes the thread, or the time is over; then takes what there is.
  func takeAll(within milliseconds: Int64) -> [Batch] {
    let (taken, waiting) = condition.withLock {
      if milliseconds > 0 {
        let end = Date(timeIntervalSinceNow: Double(milliseconds) / 1_000)
        while batches.isEmpty, !isWoken, condition.wait(until: end) {}
      }
      isWoken = false
      let taken = (batches, senders)
      batches.removeAll(keepingCapacity: true)
      senders.removeAll(keepingCapacity: true)
      return taken
    }
    for sender in waiting { sender.resume() }
    return taken
  }

  /// Lets the thread look round now.
  func wake() {
    condition.withLock {
      isWoken = true
      condition.signal()
    }
  }

  /// Nobody takes anything any more; whoever leaves something goes on at once.
  func close() {
    condition.withLock { isClosed = true }
    _ = takeAll(within: 0)
  }
}
