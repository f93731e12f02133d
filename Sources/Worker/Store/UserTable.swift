// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The users of one partition: packed records by name, with the undo journal of the running transaction.
///
/// Guarantees:
/// (a) `rollback` restores exactly the records that were there at the last `commit`.
/// (b) A record that was there at the last `commit` stays readable until the next `commit` or `rollback`, so that
///     `published(_:)` can be compared with what a whole transaction made of it.
/// (c) In steady state (the same users, records of similar size) nothing is allocated from the system.
///
/// Open addressing with linear probing; a slot holds half of the hash and the user's number, and the numbers index the
/// records. Hashes are keyed per process, so that chosen names cannot make probing slow. No output may depend on the
/// order of users in here.
struct UserTable: ~Copyable {
  /// A user's number: stable as long as the user is in the table.
  typealias UserID = Int

  private struct Slot {
    var hash: UInt32
    var id: UInt32
  }

  private struct Undo {
    var id: UInt32
    var old: UnsafeMutableRawPointer?
  }

  private static let emptySlot = UInt32.max

  private var slots: UnsafeMutablePointer<Slot>
  private var slotMask: Int
  private var records: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var recordCapacity: Int
  private var nextID = 0
  private var freeIDs: [UInt32] = []
  private var slab = Slab()
  private var journal: [Undo] = []
  private var transaction: UInt32 = 1

  /// The number of users, deleted ones that are still remembered included.
  private(set) var count = 0

  init() {
    slotMask = 63
    slots = .allocate(capacity: 64)
    slots.initialize(repeating: Slot(hash: 0, id: UserTable.emptySlot), count: 64)
    recordCapacity = 64
    records = .allocate(capacity: 64)
    records.initialize(repeating: nil, count: 64)
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

  /// The upper bound of user numbers so far.
  var identifierBound: Int { nextID }

  // MARK: Reading

  /// The number of a user that is in the table.
  func find(_ user: ByteView) -> UserID? {
    let hash = UserTable.hash(of: user)
    var index = Int(hash) & slotMask
    while slots[index].id != UserTable.emptySlot {
      if slots[index].hash == hash, let record = records[Int(slots[index].id)], PackedUser.user(of: record) == user {
        return Int(slots[index].id)
      }
      index = (index + 1) & slotMask
    }
    return nil
  }

  /// The packed record of a user; nil where the number is free.
  func record(_ id: UserID) -> UnsafeRawPointer? { id < nextID ? records[id].map { UnsafeRawPointer($0) } : nil }

  // MARK: Changing

  /// Puts a state into the table in place of what is known of `id`, or as a new user.
  ///
  /// The state's views may point into the record that is replaced.
  @discardableResult
  mutating func store(_ state: UserState, as known: UserID?) -> UserID {
    let size = PackedUser.packedSize(of: state)
    let record = slab.allocate(size)
    PackedUser.pack(state, transaction: transaction, into: record, size: size)
    guard let id = known else {
      let id = insert(record)
      journal.append(Undo(id: UInt32(id), old: nil))
      return id
    }
    guard let old = records[id] else { preconditionFailure("a known user has a record") }
    if PackedUser.transaction(of: old) == transaction {
      slab.free(old, size: PackedUser.size(of: old))
    } else {
      journal.append(Undo(id: UInt32(id), old: old))
    }
    records[id] = record
    return id
  }

  /// Takes a user out for good; only outside of a transaction's journal (restore, and markers that have had their day).
  mutating func remove(_ id: UserID) {
    guard let record = records[id] else { return }
    unlink(id, PackedUser.user(of: record))
    slab.free(record, size: PackedUser.size(of: record))
    records[id] = nil
    freeIDs.append(UInt32(id))
    count -= 1
  }

  // MARK: Transactions

  /// Whether the running transaction has changed the user.
  func isChanged(_ id: UserID) -> Bool {
    records[id].map { PackedUser.transaction(of: $0) == transaction } ?? false
  }

  /// The users that the running transaction has changed, each once, in the order of their first change.
  var changedCount: Int { journal.count }

  /// The user of the transaction's change number `index`, and the record as of the last commit (nil for a new user).
  func changed(_ index: Int) -> (id: UserID, committed: UnsafeRawPointer?) {
    (Int(journal[index].id), journal[index].old.map { UnsafeRawPointer($0) })
  }

  /// Makes the changes since the last commit the truth.
  mutating func commit() {
    for undo in journal {
      if let old = undo.old { slab.free(old, size: PackedUser.size(of: old)) }
    }
    endTransaction()
  }

  /// Takes the changes since the last commit back.
  mutating func rollback() {
    for undo in journal.reversed() {
      let id = Int(undo.id)
      if let old = undo.old {
        if let new = records[id] { slab.free(new, size: PackedUser.size(of: new)) }
        records[id] = old
      } else {
        remove(id)
      }
    }
    endTransaction()
  }

  private mutating func endTransaction() {
    journal.removeAll(keepingCapacity: true)
    transaction &+= 1
    if transaction == 0 { transaction = 1 }
  }

  // MARK: The hash table

  private static func hash(of user: ByteView) -> UInt32 {
    var hasher = Hasher()
    hasher.combine(bytes: user.raw)
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }

  private mutating func insert(_ record: UnsafeMutableRawPointer) -> UserID {
    if (count + 1) * 4 > (slotMask + 1) * 3 { growSlots() }
    let id: Int
    if let free = freeIDs.popLast() {
      id = Int(free)
    } else {
      if nextID == recordCapacity { growRecords() }
      id = nextID
      nextID += 1
    }
    records[id] = record
    link(UInt32(id), hash: UserTable.hash(of: PackedUser.user(of: record)))
    count += 1
    return id
  }

  private func link(_ id: UInt32, hash: UInt32) {
    var index = Int(hash) & slotMask
    while slots[index].id != UserTable.emptySlot { index = (index + 1) & slotMask }
    slots[index] = Slot(hash: hash, id: id)
  }

  /// Knuth's deletion for linear probing (TAOCP 6.4, algorithm R): later entries of the run move up.
  private func unlink(_ id: UserID, _ user: ByteView) {
    var hole = Int(UserTable.hash(of: user)) & slotMask
    while slots[hole].id != UInt32(id) {
      guard slots[hole].id != UserTable.emptySlot else { return }
      hole = (hole + 1) & slotMask
    }
    var index = hole
    while true {
      index = (index + 1) & slotMask
      guard slots[index].id != UserTable.emptySlot else { break }
      let home = Int(slots[index].hash) & slotMask
      let stays = hole <= index ? (hole < home && home <= index) : (hole < home || home <= index)
      if stays { continue }
      slots[hole] = slots[index]
      hole = index
    }
    slots[hole].id = UserTable.emptySlot
  }

  private mutating func growSlots() {
    let oldSlots = slots
    let oldCapacity = slotMask + 1
    let capacity = oldCapacity * 2
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(hash: 0, id: UserTable.emptySlot), count: capacity)
    slotMask = capacity - 1
    for index in 0..<oldCapacity where oldSlots[index].id != UserTable.emptySlot {
      link(oldSlots[index].id, hash: oldSlots[index].hash)
    }
    oldSlots.deallocate()
  }

  private mutating func growRecords() {
    let capacity = recordCapacity * 3 / 2
    let grown = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: capacity)
    grown.moveInitialize(from: records, count: recordCapacity)
    (grown + recordCapacity).initialize(repeating: nil, count: capacity - recordCapacity)
    records.deallocate()
    records = grown
    recordCapacity = capacity
  }
}
