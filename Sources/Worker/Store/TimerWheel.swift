// SPDX-License-Identifier: Apache-2.0

/// When to look at a user again: a hashed timing wheel with at most one entry a user (Varghese and Lauck, 1987).
///
/// An entry says "look not later than this"; whoever is called looks at the user's record, does what is due, and arms
/// again. So an entry that is too early costs one look, and only an entry that is too late or missing would be wrong.
/// That makes undo simple: a rolled-back transaction re-arms the users it restored and leaves everything else.
///
/// Arming is a few stores, as entries are doubly linked lists in arrays indexed by the user's number. Memory is twelve
/// bytes a user, and only in partitions that have leases or interest.
///
/// A class and not a struct, because whoever is called by `advance` arms again while `advance` is still running: for a
/// struct that would be two overlapping accesses to one variable, which Swift ends the process for.
final class TimerWheel {
  /// The wheel's resolution in milliseconds.
  static let tick: Int64 = 64
  private static let slotCount = 4_096
  private static let none = UInt32.max

  private var heads: [UInt32] = []
  private var dueTicks: [UInt32] = []
  private var next: [UInt32] = []
  private var previous: [UInt32] = []
  private let origin: Int64
  private var currentTick: Int64 = 0

  /// The number of users with an entry.
  private(set) var armedCount = 0

  /// A wheel that starts at a monotonic time in milliseconds.
  init(now: Int64) { origin = now }

  /// Looks at the user not later than `deadline` plus one tick, and at the earliest on the next advance.
  func arm(_ id: Int, at deadline: Int64) {
    if heads.isEmpty { heads = Array(repeating: TimerWheel.none, count: TimerWheel.slotCount) }
    if id >= dueTicks.count { grow(to: id + 1) }
    let tick = max(currentTick + 1, (deadline - origin + TimerWheel.tick - 1) / TimerWheel.tick)
    // Saturates after eight years of ticks: an entry that is too early only costs a look.
    let due = UInt32(clamping: tick)
    if dueTicks[id] != 0 {
      if dueTicks[id] <= due { return }
      unlink(id)
    }
    link(id, due: due)
  }

  /// Takes the users whose time has come and hands each over once.
  func advance(to now: Int64, _ body: (Int) -> Void) {
    let target = (now - origin) / TimerWheel.tick
    guard target > currentTick else { return }
    guard armedCount > 0 else {
      currentTick = target
      return
    }
    var due: [Int] = []
    let steps = min(target - currentTick, Int64(TimerWheel.slotCount))
    for step in 1...steps {
      var entry = heads[Int((currentTick + step) % Int64(TimerWheel.slotCount))]
      while entry != TimerWheel.none {
        let following = next[Int(entry)]
        if Int64(dueTicks[Int(entry)]) <= target {
          unlink(Int(entry))
          due.append(Int(entry))
        }
        entry = following
      }
    }
    currentTick = target
    for id in due { body(id) }
  }

  private func grow(to count: Int) {
    let target = max(count, dueTicks.count * 3 / 2)
    let more = target - dueTicks.count
    dueTicks.append(contentsOf: repeatElement(0, count: more))
    next.append(contentsOf: repeatElement(TimerWheel.none, count: more))
    previous.append(contentsOf: repeatElement(TimerWheel.none, count: more))
  }

  private func link(_ id: Int, due: UInt32) {
    let slot = Int(due) % TimerWheel.slotCount
    let head = heads[slot]
    dueTicks[id] = due
    next[id] = head
    previous[id] = TimerWheel.none
    if head != TimerWheel.none { previous[Int(head)] = UInt32(id) }
    heads[slot] = UInt32(id)
    armedCount += 1
  }

  private func unlink(_ id: Int) {
    let before = previous[id]
    let after = next[id]
    if before == TimerWheel.none {
      heads[Int(dueTicks[id]) % TimerWheel.slotCount] = after
    } else {
      next[Int(before)] = after
    }
    if after != TimerWheel.none { previous[Int(after)] = before }
    dueTicks[id] = 0
    armedCount -= 1
  }
}
