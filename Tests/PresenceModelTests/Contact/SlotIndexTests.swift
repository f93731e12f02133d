// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import PresenceModel

@Suite(.computing) struct SlotIndexTests {
  /// Keys whose homes lie close together, at the table's end too, so that runs are long and wrap around.
  @Test(arguments: [1, 2, 3, 7, 48, 100])
  func randomAssignmentsAndRemovalsMatchADictionary(_ slots: Int) {
    var generator = SeededGenerator(seed: UInt64(slots))
    var index = SlotIndex(slots: slots)
    var model: [KeyedHash: Int] = [:]
    var free = Array(0..<slots)
    let homes: [UInt64] = [0, 1, 2, .max, .max - 1]
    let keys = (0..<UInt64(slots * 2)).map { KeyedHash(first: homes.randomElement(using: &generator)!, second: $0) }
    var wrong = 0
    for _ in 0..<5_000 {
      let key = keys.randomElement(using: &generator)!
      if let slot = model[key] {
        if index.slot(of: key) != slot || index.key(of: slot) != key { wrong += 1 }
        index.remove(slot)
        model[key] = nil
        free.append(slot)
      } else if let slot = free.popLast() {
        if index.slot(of: key) != nil { wrong += 1 }
        index.assign(key, to: slot)
        model[key] = slot
      }
      for key in keys where index.slot(of: key) != model[key] { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test func anIndexWithoutSlotsFindsNothing() {
    let index = SlotIndex(slots: 0)
    #expect(index.slot(of: KeyedHash(first: 0, second: 0)) == nil)
  }
}
