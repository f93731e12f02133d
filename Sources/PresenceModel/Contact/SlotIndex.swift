// SPDX-License-Identifier: Apache-2.0

/// Finds the slot of a key: the keys of numbered slots, and an open-addressing table of slot numbers over them.
///
/// What a slot holds besides its key is its owner's. A slot takes 16 bytes for the key and, as the table is a power of
/// two with a load of at most three quarters, between 5⅓ and 10⅔ bytes for the table. Probing is linear; removal shifts
/// the followers back, so that there are no tombstones to clean up and a table never degrades.
struct SlotIndex: ~Copyable {
  /// The number of slots.
  let slots: Int
  private let keys: UnsafeMutablePointer<KeyedHash>
  /// Slot numbers plus one; zero is an empty place.
  private let table: UnsafeMutablePointer<UInt32>
  private let mask: Int

  /// An index of that many slots, none of which has a key.
  init(slots: Int) {
    precondition(slots >= 0 && slots < Int(UInt32.max) / 4, "slot numbers have 32 bits")
    var places = 2
    while places * 3 < slots * 4 { places *= 2 }
    self.slots = slots
    self.mask = places - 1
    self.keys = .allocate(capacity: slots)
    self.table = .allocate(capacity: places)
    self.table.initialize(repeating: 0, count: places)
  }

  deinit {
    keys.deallocate()
    table.deallocate()
  }

  /// The bytes of memory that keys and table take.
  var memory: Int {
    slots * MemoryLayout<KeyedHash>.stride + (mask + 1) * MemoryLayout<UInt32>.stride
  }

  /// The key of a slot that has one.
  func key(of slot: Int) -> KeyedHash { keys[slot] }

  /// The slot that has this key.
  func slot(of key: KeyedHash) -> Int? {
    var place = home(of: key)
    while table[place] != 0 {
      let slot = Int(table[place]) - 1
      if keys[slot] == key { return slot }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Gives a slot that has no key this one, which no other slot has.
  mutating func assign(_ key: KeyedHash, to slot: Int) {
    keys[slot] = key
    var place = home(of: key)
    while table[place] != 0 { place = (place + 1) & mask }
    table[place] = UInt32(slot + 1)
  }

  /// Takes the key of a slot that has one away.
  mutating func remove(_ slot: Int) {
    var hole = home(of: keys[slot])
    while table[hole] != UInt32(slot + 1) {
      precondition(table[hole] != 0, "the slot has no key")
      hole = (hole + 1) & mask
    }
    var place = hole
    while true {
      place = (place + 1) & mask
      guard table[place] != 0 else { break }
      // An entry may move into the hole unless its home lies behind the hole.
      let distance = (place - home(of: keys[Int(table[place]) - 1])) & mask
      if distance >= (place - hole) & mask {
        table[hole] = table[place]
        hole = place
      }
    }
    table[hole] = 0
  }

  private func home(of key: KeyedHash) -> Int { Int(truncatingIfNeeded: key.first) & mask }
}
