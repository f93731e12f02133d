// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Everything that a lane keeps of one partition: its users, their timers, the requests that were decided.
final class PartitionStore {
  let partition: Int32
  var users = UserTable()
  let timers: TimerWheel
  var requests: DuplicateFilter
  var limiter: RequestRateLimiter

  /// Since when the lane has been at the end of the partition's changes (monotonic milliseconds); nil while it is not.
  /// Leases run from here at the earliest (presence rule 7).
  var caughtUpSince: Int64?
  /// The latest moment as of which the lane is known to have read every change: when the high watermark that it has
  /// reached was asked for (monotonic milliseconds).
  var confirmedAt = Int64.min
  /// Whether a lease is due and waits for a later `confirmedAt`.
  var wantsConfirmation = false

  /// What the snapshots that are being restored offered, as `PublishedOffer.hash`; empty outside of a restore.
  var offers = OfferTable()
  /// What the snapshots offered of those whom the last restore has marked as outdated.
  var doubtedOffers = OfferTable()

  /// The process's secret for tables that are keyed by what comes from outside.
  private static let key: KeyedHash.Key = {
    var generator = SystemRandomNumberGenerator()
    return KeyedHash.Key(from: &generator)
  }()

  private let duplicateWindow: Int64
  private var isInTransaction = false
  private var expiredAt = Int64.min / 2

  init(partition: Int32, settings: ContactSettings, now: Int64) {
    self.partition = partition
    timers = TimerWheel(now: now)
    requests = DuplicateFilter(limit: settings.duplicateCapacity, key: PartitionStore.key)
    limiter = RequestRateLimiter(limits: settings.rate, key: PartitionStore.key)
    duplicateWindow = settings.duplicateWindow.milliseconds
  }

  /// Begins a transaction of the stores, unless one is running.
  func begin() {
    guard !isInTransaction else { return }
    isInTransaction = true
    requests.beginTransaction()
    limiter.beginTransaction()
  }

  /// Holds requesters to other limits from now on, beginning with full buckets; only between transactions.
  func replaceLimiter(_ limits: RequestRateLimiter.Limits) {
    precondition(!isInTransaction, "a running transaction may have to give tokens back")
    limiter = RequestRateLimiter(limits: limits, key: PartitionStore.key)
  }

  /// Makes the changes of the transaction the truth.
  func commit(now: LaneTime) {
    users.commit()
    if isInTransaction {
      isInTransaction = false
      requests.commit()
      limiter.commit()
    }
    if now.monotonic - expiredAt >= 60_000 {
      expiredAt = now.monotonic
      requests.expire(before: now.wall.adding(milliseconds: -duplicateWindow))
    }
  }

  /// Takes the changes of the transaction back. Users that were restored are looked at again at once, because the
  /// timers that the transaction used up were theirs.
  func rollback(now: Int64) {
    for index in 0..<users.changedCount {
      let (id, committed) = users.changed(index)
      if committed != nil { timers.arm(id, at: now) }
    }
    users.rollback()
    guard isInTransaction else { return }
    isInTransaction = false
    requests.rollback()
    limiter.rollback()
  }

  /// The partition is somebody else's, or was: leases start anew when it is caught up again.
  func forgetContact() {
    caughtUpSince = nil
    confirmedAt = .min
    wantsConfirmation = false
  }
}
