// SPDX-License-Identifier: Apache-2.0

/// Remembers the requests of one partition for a while, so that each of them ends once (contact rule 2).
///
/// (a) *What it knows.* A request is its recipient and its id, kept as a `KeyedHash` of both and a time of one second's
///     resolution that never lets it go early. It can be filled again from the headers of outcomes, which name both.
/// (b) *Memory.* 28 bytes a slot, nothing else: 16 for the hash, 4 for the time, 8 for the index (at most 10⅔). Slots
///     double as they run out and halve or more when seven eighths of them are free, so a request takes 28 to 56 bytes
///     while their number grows. An empty filter has no slots. Two million requests, the default limit, take 58 MB.
/// (c) *Limit.* Beyond `limit` requests the one that was inserted first goes, and `evictedCount` counts it: a repeat of
///     it would be taken for a new request.
/// (d) *Transactions.* What was inserted since `beginTransaction` vanishes with `rollback`. Expiry and eviction are not
///     taken back: the former is true in any case, the latter has given the memory away.
/// (e) *Expiry* is the caller's: `expire(before:)` with now less the window, once in a while; after it nothing older is
///     found. Requests leave from the front of a ring in the order in which they came; one that is stamped ahead of its
///     time holds only memory back, until the ring is full.
public struct DuplicateFilter: ~Copyable {
  /// For how long a request is remembered.
  public static let window: Int64 = 24 * 3_600 * 1_000
  /// How many requests are remembered unless configured otherwise.
  public static let defaultLimit = 2_000_000

  /// The most requests that are remembered.
  public let limit: Int
  /// How many requests were forgotten before their time, for the limit's sake.
  public private(set) var evictedCount: UInt64 = 0
  /// How many requests are held; some may have expired, though they are not found any more.
  public private(set) var count = 0

  private let key: KeyedHash.Key
  private var index: SlotIndex
  /// The time of each slot in seconds since 2000; zero marks a slot in the ring that has no request any more.
  private var seconds: UnsafeMutablePointer<UInt32>
  /// The ring: `used` slots from `head`.
  private var head = 0
  private var used = 0
  /// How many slots at the ring's end the open transaction has filled.
  private var uncommitted = 0
  private var isInTransaction = false
  /// Requests with less than this have expired.
  private var horizon: UInt32 = 1

  /// An empty filter.
  ///
  /// - Parameters:
  ///   - limit: The most requests that are remembered, at least one.
  ///   - key: The process's secret.
  public init(limit: Int = DuplicateFilter.defaultLimit, key: KeyedHash.Key) {
    precondition(limit > 0, "a filter remembers at least one request")
    self.limit = limit
    self.key = key
    self.index = SlotIndex(slots: 0)
    self.seconds = .allocate(capacity: 0)
  }

  deinit { seconds.deallocate() }

  /// The bytes of memory that the filter's slots take.
  public var memory: Int { index.memory + index.slots * MemoryLayout<UInt32>.stride }

  /// What a request is known by.
  public func hash(recipient: ByteView, requestID: ByteView) -> KeyedHash {
    KeyedHash(recipient, requestID, key: key)
  }

  /// Whether a request is remembered.
  public func contains(_ request: KeyedHash) -> Bool {
    guard let slot = index.slot(of: request) else { return false }
    return seconds[slot] >= horizon
  }

  /// Remembers a request unless it is remembered already; the first time stays.
  ///
  /// - Returns: whether it is new. One from before the last expiry is new and not remembered.
  @discardableResult
  public mutating func insert(_ request: KeyedHash, at time: Timestamp) -> Bool {
    if let slot = index.slot(of: request) {
      if seconds[slot] >= horizon { return false }
      forget(slot)
    }
    let second = DuplicateFilter.seconds(of: time)
    guard second >= horizon else { return true }
    if used == index.slots { makeRoom() }
    let slot = slot(at: used)
    index.assign(request, to: slot)
    seconds[slot] = second
    used += 1
    count += 1
    if isInTransaction { uncommitted += 1 }
    return true
  }

  /// Forgets what was inserted with a time before `cutoff`; a cutoff before an earlier one changes nothing.
  public mutating func expire(before cutoff: Timestamp) {
    horizon = max(horizon, DuplicateFilter.seconds(of: cutoff))
    while used > 0, seconds[head] < horizon { removeFirst() }
    if index.slots > DuplicateFilter.fewestSlots, used < index.slots / 8 {
      rebuild(slots: max(DuplicateFilter.fewestSlots, used * 2))
    }
  }

  /// Begins a transaction; there is no other one open.
  public mutating func beginTransaction() {
    precondition(!isInTransaction, "a transaction is open")
    isInTransaction = true
  }

  /// Keeps what was inserted since `beginTransaction`.
  public mutating func commit() {
    precondition(isInTransaction, "no transaction is open")
    isInTransaction = false
    uncommitted = 0
  }

  /// Forgets what was inserted since `beginTransaction`.
  public mutating func rollback() {
    precondition(isInTransaction, "no transaction is open")
    isInTransaction = false
    while uncommitted > 0 {
      let last = slot(at: used - 1)
      if seconds[last] != 0 { forget(last) }
      used -= 1
      uncommitted -= 1
    }
  }

  private static let fewestSlots = 64

  /// Seconds since 2000 that are not less than `time`, from 1 up.
  private static func seconds(of time: Timestamp) -> UInt32 {
    let offset = time.adding(milliseconds: 999 - Timestamp.earliestAccepted.milliseconds).milliseconds
    return UInt32(clamping: max(1, offset / 1_000))
  }

  private func slot(at position: Int) -> Int {
    let sum = head + position
    return sum < index.slots ? sum : sum - index.slots
  }

  private mutating func forget(_ slot: Int) {
    index.remove(slot)
    seconds[slot] = 0
    count -= 1
  }

  private mutating func removeFirst() {
    if seconds[head] != 0 { forget(head) }
    head = slot(at: 1)
    used -= 1
    uncommitted = min(uncommitted, used)
  }

  /// Makes at least one slot free: by leaving out what has expired, by more slots up to the limit, or at the cost of
  /// the oldest request.
  private mutating func makeRoom() {
    if index.slots < limit {
      let alive = (0..<used).count { seconds[slot(at: $0)] >= horizon }
      let slots = alive * 4 > index.slots * 3 || index.slots == 0 ? index.slots * 2 : index.slots
      rebuild(slots: min(limit, max(DuplicateFilter.fewestSlots, slots)))
    } else {
      if seconds[head] >= horizon { evictedCount += 1 }
      removeFirst()
    }
  }

  /// Moves what has not expired, in its order, to a ring of another size.
  private mutating func rebuild(slots: Int) {
    var newIndex = SlotIndex(slots: slots)
    let newSeconds = UnsafeMutablePointer<UInt32>.allocate(capacity: slots)
    var kept = 0
    var keptUncommitted = 0
    for position in 0..<used {
      let old = slot(at: position)
      guard seconds[old] >= horizon else { continue }
      newIndex.assign(index.key(of: old), to: kept)
      newSeconds[kept] = seconds[old]
      kept += 1
      if position >= used - uncommitted { keptUncommitted += 1 }
    }
    seconds.deallocate()
    seconds = newSeconds
    index = newIndex
    head = 0
    used = kept
    count = kept
    uncommitted = keptUncommitted
  }
}

// The filter is the only owner of its memory and is changed only through exclusive access.
extension DuplicateFilter: @unchecked Sendable {}
