// SPDX-License-Identifier: Apache-2.0

/// An allocator for packed records: free lists by size class over large chunks.
///
/// Each change of a user replaces one packed record by another of nearly the same size, which a general allocator does
/// in some forty nanoseconds and with fragmentation that grows over days. Here both are a few instructions, memory is
/// given back to the free list that the next change takes from, and nothing is allocated in steady state. Chunks are
/// returned to the system when the slab goes, which is when a partition's store is dropped.
struct Slab: ~Copyable {
  private static let step = 16
  private static let largestClass = 4_096
  private static let chunkSize = 256 * 1_024

  private var chunks: [UnsafeMutableRawPointer] = []
  private var cursor: UnsafeMutableRawPointer?
  private var remaining = 0
  private let freeLists: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  /// Bytes that are taken from the system, records larger than the largest class included.
  private(set) var reservedBytes = 0

  init() {
    let count = Slab.largestClass / Slab.step + 1
    freeLists = .allocate(capacity: count)
    freeLists.initialize(repeating: nil, count: count)
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
    freeLists.deallocate()
  }

  /// Whether memory of that size comes from the system alone, and has to be freed by whoever drops the slab.
  static func isLarge(_ size: Int) -> Bool { size > largestClass }

  /// Memory for `size` bytes, aligned to 16.
  mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let index = (size + Slab.step - 1) / Slab.step
    guard index * Slab.step <= Slab.largestClass else {
      reservedBytes += size
      return .allocate(byteCount: size, alignment: 16)
    }
    if let head = freeLists[index] {
      freeLists[index] = head.load(as: UnsafeMutableRawPointer?.self)
      return head
    }
    let rounded = index * Slab.step
    if remaining < rounded { refill() }
    guard let start = cursor else { preconditionFailure("a chunk was just taken") }
    cursor = start + rounded
    remaining -= rounded
    return start
  }

  /// Takes memory of `size` bytes back; `size` is what it was allocated with.
  mutating func free(_ pointer: UnsafeMutableRawPointer, size: Int) {
    let index = (size + Slab.step - 1) / Slab.step
    guard index * Slab.step <= Slab.largestClass else {
      reservedBytes -= size
      pointer.deallocate()
      return
    }
    pointer.storeBytes(of: freeLists[index], as: UnsafeMutableRawPointer?.self)
    freeLists[index] = pointer
  }

  private mutating func refill() {
    // What is left of the old chunk goes to the free list of its size, so that no chunk loses its tail.
    if let cursor, remaining >= Slab.step { free(cursor, size: remaining / Slab.step * Slab.step) }
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: Slab.chunkSize, alignment: 16)
    chunks.append(chunk)
    cursor = chunk
    remaining = Slab.chunkSize
    reservedBytes += Slab.chunkSize
  }
}
