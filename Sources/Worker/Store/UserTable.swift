// SPDX-License-Identifier: Apache-2.0

import CBytes
import PresenceModel

/// The users of one partition: packed records by name, with the undo journal of the running transaction.
///
/// Guarantees:
/// (a) `rollback` restores exactly the records that were there at the last `commit`.
/// (b) A record that was there at the last `commit` stays readable until the next `commit` or `rollback`, so that
///     `published(_:)` can be compared with what a whole transaction made of it.
/// (c) In steady state (the same users, records of similar size) nothing is allocated from the system.
///
/// (d) Records that are left in pages with much room are moved together by `commit`, a bounded number each time.
///
/// Open addressing with linear probing; a slot leads straight to the record, which names the user and its number, and
/// the numbers index the records again. Hashes are keyed per process, so that chosen names cannot make probing slow. No
/// output may depend on the order of users in here.
///
/// With many users the time goes into waiting for memory, not into work: a look-up touches one slot and one record.
/// `prefetchSlot` and `prefetchRecord` ask for them while there is something else to do.
struct UserTable: ~Copyable {
  /// A user's number: stable as long as the user is in the table.
  typealias UserID = Int

  /// The upper twenty bits are the hash's, the others where the record is; zero is an empty slot.
  private struct Slot: Equatable {
    var bits: UInt64

    static var empty: Slot { Slot(bits: 0) }

    /// Records are aligned to 16, and no address of a process has more than 48 bits.
    init(hash: UInt64, record: UnsafeMutableRawPointer) {
      let address = UInt64(UInt(bitPattern: record))
      precondition(address >> 48 == 0 && address & 15 == 0, "an address that fits into a slot")
      bits = hash & Slot.hashMask | address >> 4
    }

    private init(bits: UInt64) { self.bits = bits }

    static var hashMask: UInt64 { ~0 << 44 }

    @inline(__always)
    func mayBe(_ hash: UInt64) -> Bool { (bits ^ hash) & Slot.hashMask == 0 }

    /// The record; nil for an empty slot. Another record of the same user takes its place.
    @inline(__always)
    var record: UnsafeMutableRawPointer? {
      get { UnsafeMutableRawPointer(bitPattern: UInt(truncatingIfNeeded: (bits & ~Slot.hashMask) << 4)) }
      set {
        guard let newValue else { preconditionFailure("an empty slot is another slot") }
        self = Slot(hash: bits, record: newValue)
      }
    }
  }

  /// What a transaction's first change of a user replaced; the size stands here so that a commit, which frees it, does
  /// not have to fetch a record that has long left the cache.
  private struct Undo {
    var id: UInt32
    var size: UInt32
    var old: UnsafeMutableRawPointer?
  }

  /// How many bytes of a small table may be idle before anything is moved.
  private static let idleAllowance = 512 << 10

  private var slots: UnsafeMutablePointer<Slot>
  private var slotMask: Int
  private var records: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var recordCapacity: Int
  private var nextID = 0
  private var freeIDs: [UInt32] = []
  private var slab = Slab()
  private var journal: [Undo] = []
  private var transaction: UInt32 = 1
  private let nameHash = NameHash.shared
  /// The user that was found last, who is usually read and replaced next, and the slot: it is in the cache, while the
  /// table of numbers is not.
  private var recentID = -1
  private var recentSlot = 0

  /// The number of users, deleted ones that are still remembered included.
  private(set) var count = 0

  init() {
    slotMask = 63
    slots = UserTable.makeSlots(64)
    recordCapacity = 64
    records = UserTable.makeRecords(64)
  }

  deinit {
    // Records up to the slab's largest class go with its chunks; larger ones are freed here.
    for id in 0..<nextID {
      if let record = records[id], Slab.isLarge(PackedUser.size(of: record)) { record.deallocate() }
    }
    for undo in journal {
      if let old = undo.old, Slab.isLarge(PackedUser.size(of: old)) { old.deallocate() }
    }
    slots.deallocate()
    records.deallocate()
  }

  /// Bytes that the table has taken from the system.
  var reservedBytes: Int {
    slab.reservedBytes + (slotMask + 1) * MemoryLayout<Slot>.stride + recordCapacity * MemoryLayout<Int>.stride
  }

  /// Bytes of these that are free, but only for records of sizes that are in use.
  var idleBytes: Int { slab.idleBytes }

  /// The upper bound of user numbers so far.
  var identifierBound: Int { nextID }

  // MARK: Reading

  /// The hash of a user's name.
  @inline(__always)
  func hash(_ user: ByteView) -> UInt64 { nameHash(user) }

  /// The number of a user that is in the table.
  ///
  /// - Parameter known: the hash of the name where the caller has it.
  mutating func find(_ user: ByteView, hash known: UInt64? = nil) -> UserID? {
    let hash = known ?? hash(user)
    var index = home(of: hash)
    while let record = slots[index].record {
      if slots[index].mayBe(hash), PackedUser.user(of: record) == user {
        recentSlot = index
        recentID = Int(PackedUser.id(of: record))
        cb_prefetch(records + recentID)  // which a change will write to
        return recentID
      }
      index = (index &+ 1) & slotMask
    }
    return nil
  }

  /// Asks for the slot of a user who comes next, and returns at once.
  @inline(__always)
  func prefetchSlot(of user: ByteView) { cb_prefetch(slots + home(of: hash(user))) }

  /// Asks for the record of a user by the hash of the name; waits only where the slot was not asked for.
  @inline(__always)
  func prefetchRecord(_ hash: UInt64) {
    var index = home(of: hash)
    while let record = slots[index].record {
      if slots[index].mayBe(hash) {
        prefetch(record)
        return
      }
      index = (index &+ 1) & slotMask
    }
  }

  /// Most records have between three and four cache lines.
  @inline(__always)
  private func prefetch(_ record: UnsafeMutableRawPointer?) {
    guard let record else { return }
    for line in 0..<4 { cb_prefetch(record + line * 64) }
  }

  /// The packed record of a user; nil where the number is free.
  func record(_ id: UserID) -> UnsafeRawPointer? { current(id).map { UnsafeRawPointer($0) } }

  @inline(__always)
  private func current(_ id: UserID) -> UnsafeMutableRawPointer? {
    if id == recentID { return slots[recentSlot].record }
    return id < nextID ? records[id] : nil
  }

  // MARK: Changing

  /// Puts a state into the table in place of what is known of `id`, or as a new user.
  ///
  /// The state's views may point into the record that is replaced.
  @discardableResult
  mutating func store(_ state: UserState, as known: UserID?) -> UserID {
    let layout = PackedUser.layout(of: state)
    let record = slab.allocate(layout.size)
    let id = known ?? takeID()
    PackedUser.pack(state, transaction: transaction, id: UInt32(id), into: record, layout)
    guard known != nil, let old = current(id) else {
      journal.append(Undo(id: UInt32(id), size: 0, old: nil))
      insert(record, hash: hash(state.user))
      records[id] = record
      return id
    }
    replace(old, by: record, id: id)
    let oldSize = PackedUser.size(of: old)
    if PackedUser.transaction(of: old) == transaction {
      slab.free(old, size: oldSize)
    } else {
      journal.append(Undo(id: UInt32(id), size: UInt32(oldSize), old: old))
    }
    return id
  }

  /// Notes who claims a user's address by another directory; only between transactions.
  mutating func reclaim(_ id: UserID, as claim: Int16, isOutdated: Bool) {
    precondition(journal.isEmpty, "nothing may want the old claim back")
    guard let record = current(id) else { return }
    PackedUser.reclaim(record, as: claim, isOutdated: isOutdated)
  }

  /// Takes a user out for good; only outside of a transaction's journal (restore, and markers that have had their day).
  mutating func remove(_ id: UserID) {
    guard let record = records[id] else { return }
    unlink(record)
    slab.free(record, size: PackedUser.size(of: record))
    records[id] = nil
    freeIDs.append(UInt32(id))
    count -= 1
  }

  // MARK: Transactions

  /// Whether the running transaction has changed the user.
  func isChanged(_ id: UserID) -> Bool {
    current(id).map { PackedUser.transaction(of: $0) == transaction } ?? false
  }

  /// The users that the running transaction has changed, each once, in the order of their first change.
  var changedCount: Int { journal.count }

  /// The user of the transaction's change number `index`, and the record as of the last commit (nil for a new user).
  func changed(_ index: Int) -> (id: UserID, committed: UnsafeRawPointer?) {
    (Int(journal[index].id), journal[index].old.map { UnsafeRawPointer($0) })
  }

  /// Asks for the records of the transaction's change number `index`, where there is one, and returns at once.
  func prefetchChanged(_ index: Int) {
    guard index < journal.count else { return }
    prefetch(journal[index].old)
    prefetch(records[Int(journal[index].id)])
  }

  /// Makes the changes since the last commit the truth.
  mutating func commit() {
    var journalled = 0
    for undo in journal {
      guard let old = undo.old else { continue }
      slab.free(old, size: Int(undo.size))
      journalled += Int(undo.size)
    }
    let changes = journal.count
    endTransaction()
    compact(allowance: (slab.reservedBytes >> 3) + journalled + UserTable.idleAllowance, pages: 2 + changes / 128)
  }

  /// Takes the changes since the last commit back.
  mutating func rollback() {
    for undo in journal.reversed() {
      let id = Int(undo.id)
      if let old = undo.old {
        guard let new = records[id] else { preconditionFailure("a changed user has a record") }
        replace(new, by: old, id: id)
        slab.free(new, size: PackedUser.size(of: new))
      } else {
        remove(id)
      }
    }
    endTransaction()
  }

  /// Moves the records of sparse pages together: outside of a transaction, when each is its user's only one.
  ///
  /// The next transaction takes about as much idle memory as this one gave back, so that much is no waste.
  private mutating func compact(allowance: Int, pages: Int) {
    for _ in 0..<pages {
      guard let page = slab.pageToClear(allowance: allowance) else { return }
      page.forEachBlockInUse { record in
        let size = PackedUser.size(of: record)
        let moved = slab.allocate(size)
        moved.copyMemory(from: record, byteCount: size)
        replace(record, by: moved, id: Int(PackedUser.id(of: record)))
      }
      slab.reuse(page)
    }
  }

  private mutating func endTransaction() {
    journal.removeAll(keepingCapacity: true)
    transaction &+= 1
    if transaction == 0 { transaction = 1 }
  }

  // MARK: The hash table

  private mutating func takeID() -> UserID {
    if let free = freeIDs.popLast() { return Int(free) }
    if nextID == recordCapacity { growRecords() }
    nextID += 1
    return nextID - 1
  }

  @inline(__always)
  private func home(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & slotMask }

  private mutating func insert(_ record: UnsafeMutableRawPointer, hash: UInt64) {
    if (count + 1) * 4 > (slotMask + 1) * 3 { growSlots() }
    link(record, hash: hash)
    count += 1
  }

  private func link(_ record: UnsafeMutableRawPointer, hash: UInt64) {
    var index = home(of: hash)
    while slots[index] != .empty { index = (index + 1) & slotMask }
    slots[index] = Slot(hash: hash, record: record)
  }

  /// The slot of a record that is in the table.
  @inline(__always)
  private func slot(of record: UnsafeMutableRawPointer, hash: UInt64) -> Int {
    let sought = Slot(hash: hash, record: record)
    var index = home(of: hash)
    while slots[index] != sought {
      precondition(slots[index] != .empty, "the record is in the table")
      index = (index + 1) & slotMask
    }
    return index
  }

  /// Puts a record of the same user into the place of another.
  @inline(__always)
  private mutating func replace(_ old: UnsafeMutableRawPointer, by new: UnsafeMutableRawPointer, id: UserID) {
    let slot = id == recentID ? recentSlot : slot(of: old, hash: hash(PackedUser.user(of: new)))
    slots[slot].record = new
    records[id] = new
  }

  /// Knuth's deletion for linear probing (TAOCP 6.4, algorithm R): later entries of the run move up.
  private mutating func unlink(_ record: UnsafeMutableRawPointer) {
    recentID = -1
    var hole = slot(of: record, hash: hash(PackedUser.user(of: record)))
    var index = hole
    while true {
      index = (index + 1) & slotMask
      guard let follower = slots[index].record else { break }
      let home = home(of: hash(PackedUser.user(of: follower)))
      let stays = hole <= index ? (hole < home && home <= index) : (hole < home || home <= index)
      if stays { continue }
      slots[hole] = slots[index]
      hole = index
    }
    slots[hole] = .empty
  }

  private mutating func growSlots() {
    slots.deallocate()
    let capacity = (slotMask + 1) * 2
    slots = UserTable.makeSlots(capacity)
    recentID = -1
    slotMask = capacity - 1
    for id in 0..<nextID {
      guard let record = records[id] else { continue }
      link(record, hash: hash(PackedUser.user(of: record)))
    }
  }

  private mutating func growRecords() {
    let capacity = recordCapacity * 3 / 2
    let grown = UserTable.makeRecords(capacity)
    grown.update(from: records, count: recordCapacity)
    records.deallocate()
    records = grown
    recordCapacity = capacity
  }

  private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
    let memory = LargeMemory.allocate(byteCount: count * MemoryLayout<Slot>.stride)
    return memory.initializeMemory(as: Slot.self, repeating: .empty, count: count)
  }

  private static func makeRecords(_ count: Int) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
    let memory = LargeMemory.allocate(byteCount: count * MemoryLayout<Int>.stride)
    return memory.initializeMemory(as: UnsafeMutableRawPointer?.self, repeating: nil, count: count)
  }
}
