// SPDX-License-Identifier: Apache-2.0

/// A stack of plain values that keeps its memory when it is emptied: an undo journal.
struct RawStack<Element: BitwiseCopyable>: ~Copyable {
  /// The number of values.
  private(set) var count = 0
  private var capacity = 0
  private var storage: UnsafeMutablePointer<Element>?

  deinit { storage?.deallocate() }

  /// Puts a value on top.
  mutating func push(_ element: Element) {
    if count == capacity { grow() }
    storage?[count] = element
    count += 1
  }

  /// Takes the value on top.
  mutating func pop() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    return storage?[count]
  }

  /// Takes all values.
  mutating func removeAll() { count = 0 }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: max(64, capacity * 2))
    if let storage {
      larger.update(from: storage, count: count)
      storage.deallocate()
    }
    storage = larger
    capacity = max(64, capacity * 2)
  }
}
