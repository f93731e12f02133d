// SPDX-License-Identifier: Apache-2.0

/// Holds each requester to a rate of requests (contact rule 3): a token bucket per requester.
///
/// (a) A bucket starts full with `burst` requests and is refilled with `perMinute` of them a minute; a request that finds
///     less than one in it is refused and takes nothing. Integer arithmetic on milliseconds: no rounding, no drift.
/// (b) The default lets 6,000 requests pass at once, a message to a whole department, and then ten a second: it stops
///     loops, not people. A limiter sees the requests of its own partitions; a requester who writes to many recipients
///     has a bucket in each.
/// (c) *Memory.* 51 bytes a requester, at most 102 while their number doubles; at most `requesters` of them are
///     known. Beyond it the one that was quiet for longest is forgotten, and has a full bucket when it returns.
/// (d) *Transactions.* `rollback` puts everything back as it was at `beginTransaction`: tokens, order, and who was known.
/// (e) A clock that is set back takes no tokens away and gives none; refilling goes on from the earlier time.
public struct RequestRateLimiter: ~Copyable {
  /// How much is let pass.
  public struct Limits: Hashable, Sendable {
    /// Requests a minute of one requester in the long run; 1 to 1,000,000, or 0 for no limit at all.
    public var perMinute: Int32
    /// Requests at once of one requester after a pause; 1 to 1,000,000.
    public var burst: Int32
    /// Of how many requesters a limiter keeps track; at least one.
    public var requesters: Int

    /// Limits of their parts; by default a generous rate for a hundred thousand requesters.
    public init(perMinute: Int32 = 600, burst: Int32 = 6_000, requesters: Int = 100_000) {
      self.perMinute = perMinute
      self.burst = burst
      self.requesters = requesters
    }
  }

  /// How much is let pass.
  public let limits: Limits
  /// How many requesters are known.
  public private(set) var count = 0
  /// How many requesters were forgotten for the limit's sake.
  public private(set) var evictedCount: UInt64 = 0

  private let key: KeyedHash.Key
  private var index: SlotIndex
  private var buckets: UnsafeMutablePointer<Bucket>
  /// The slots from the one heard last to the one quiet for longest, linked through the buckets.
  private var newest = RequestRateLimiter.none
  private var oldest = RequestRateLimiter.none
  private var journal = RawStack<Undo>()
  private var isInTransaction = false

  /// A limiter that knows nobody.
  public init(limits: Limits = Limits(), key: KeyedHash.Key) {
    precondition((0...1_000_000).contains(limits.perMinute), "perMinute is 0 to 1,000,000")
    precondition((1...1_000_000).contains(limits.burst), "burst is 1 to 1,000,000")
    precondition(limits.requesters > 0, "a limiter knows at least one requester")
    self.limits = limits
    self.key = key
    self.index = SlotIndex(slots: 0)
    self.buckets = .allocate(capacity: 0)
  }

  deinit { buckets.deallocate() }

  /// The bytes of memory that the requesters take.
  public var memory: Int { index.memory + index.slots * MemoryLayout<Bucket>.stride }

  /// Takes a token of a requester.
  ///
  /// - Returns: whether there was one: whether the request may pass.
  public mutating func admit(_ requester: ByteView, at now: Timestamp) -> Bool {
    if limits.perMinute == 0 { return true }
    let hash = KeyedHash(requester, key: key)
    let slot = index.slot(of: hash) ?? add(hash, at: now)
    if isInTransaction { journal.push(Undo(.touched, slot, hash, buckets[slot])) }
    unlink(slot)
    link(slot, behind: RequestRateLimiter.none)

    let tokens = tokens(of: buckets[slot], at: now)
    let isAdmitted = tokens >= RequestRateLimiter.token
    buckets[slot].tokens = isAdmitted ? tokens - RequestRateLimiter.token : tokens
    buckets[slot].filledAt = now.milliseconds
    return isAdmitted
  }

  /// Begins a transaction; there is no other one open.
  public mutating func beginTransaction() {
    precondition(!isInTransaction, "a transaction is open")
    isInTransaction = true
  }

  /// Keeps what happened since `beginTransaction`.
  public mutating func commit() {
    precondition(isInTransaction, "no transaction is open")
    isInTransaction = false
    journal.removeAll()
  }

  /// Puts everything back as it was at `beginTransaction`.
  public mutating func rollback() {
    precondition(isInTransaction, "no transaction is open")
    isInTransaction = false
    while let undo = journal.pop() {
      let slot = Int(undo.slot)
      switch undo.change {
      case .touched:
        unlink(slot)
        buckets[slot] = undo.bucket
        link(slot, behind: undo.bucket.newer)
      case .added:
        unlink(slot)
        index.remove(slot)
        count -= 1
      case .replaced:
        unlink(slot)
        index.remove(slot)
        index.assign(undo.key, to: slot)
        buckets[slot] = undo.bucket
        link(slot, behind: oldest)
        evictedCount -= 1
      }
    }
  }

  private struct Bucket: BitwiseCopyable {
    /// In sixty-thousandths of a request: what is refilled in a millisecond is `perMinute` of them.
    var tokens: Int64
    var filledAt: Int64
    var newer: UInt32
    var older: UInt32
  }

  private struct Undo: BitwiseCopyable {
    enum Change: UInt8 { case touched, added, replaced }

    var change: Change
    var slot: UInt32
    var key: KeyedHash
    var bucket: Bucket

    init(_ change: Change, _ slot: Int, _ key: KeyedHash, _ bucket: Bucket) {
      self.change = change
      self.slot = UInt32(slot)
      self.key = key
      self.bucket = bucket
    }
  }

  private static let none = UInt32.max
  private static let token: Int64 = 60_000

  private func tokens(of bucket: Bucket, at now: Timestamp) -> Int64 {
    let most = Int64(limits.burst) * RequestRateLimiter.token
    let (elapsed, overflow) = now.milliseconds.subtractingReportingOverflow(bucket.filledAt)
    guard now.milliseconds > bucket.filledAt else { return bucket.tokens }
    // Whoever was quiet for longer than this has a full bucket, and the product below cannot overflow.
    guard !overflow, elapsed <= most / Int64(limits.perMinute) else { return most }
    return min(most, bucket.tokens + elapsed * Int64(limits.perMinute))
  }

  /// Makes a requester known, with a full bucket, in a slot that is linked as the newest.
  private mutating func add(_ hash: KeyedHash, at now: Timestamp) -> Int {
    let slot: Int
    if count == limits.requesters {
      slot = Int(oldest)
      if isInTransaction { journal.push(Undo(.replaced, slot, index.key(of: slot), buckets[slot])) }
      unlink(slot)
      index.remove(slot)
      evictedCount += 1
    } else {
      if count == index.slots { grow() }
      slot = count
      if isInTransaction { journal.push(Undo(.added, slot, hash, RequestRateLimiter.unlinked)) }
      count += 1
    }
    index.assign(hash, to: slot)
    buckets[slot] = RequestRateLimiter.unlinked
    buckets[slot].tokens = Int64(limits.burst) * RequestRateLimiter.token
    buckets[slot].filledAt = now.milliseconds
    link(slot, behind: RequestRateLimiter.none)
    return slot
  }

  private static let unlinked = Bucket(tokens: 0, filledAt: 0, newer: none, older: none)

  private mutating func unlink(_ slot: Int) {
    let (newer, older) = (buckets[slot].newer, buckets[slot].older)
    if newer == RequestRateLimiter.none { newest = older } else { buckets[Int(newer)].older = older }
    if older == RequestRateLimiter.none { oldest = newer } else { buckets[Int(older)].newer = newer }
  }

  /// Links a slot behind a newer one, or as the newest of all.
  private mutating func link(_ slot: Int, behind newer: UInt32) {
    let older = newer == RequestRateLimiter.none ? newest : buckets[Int(newer)].older
    buckets[slot].newer = newer
    buckets[slot].older = older
    if newer == RequestRateLimiter.none { newest = UInt32(slot) } else { buckets[Int(newer)].older = UInt32(slot) }
    if older == RequestRateLimiter.none { oldest = UInt32(slot) } else { buckets[Int(older)].newer = UInt32(slot) }
  }

  private mutating func grow() {
    let slots = min(limits.requesters, max(64, index.slots * 2))
    var newIndex = SlotIndex(slots: slots)
    let newBuckets = UnsafeMutablePointer<Bucket>.allocate(capacity: slots)
    for slot in 0..<count { newIndex.assign(index.key(of: slot), to: slot) }
    newBuckets.update(from: buckets, count: count)
    buckets.deallocate()
    buckets = newBuckets
    index = newIndex
  }
}

// The limiter is the only owner of its memory and is changed only through exclusive access.
extension RequestRateLimiter: @unchecked Sendable {}
