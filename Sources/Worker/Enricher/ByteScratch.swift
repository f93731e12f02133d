// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Bytes that are put together and read as one view; the memory is reused.
struct ByteScratch: ~Copyable, ByteSink {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private var count = 0

  init(capacity: Int = 1_024) {
    base = .allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  deinit { base.deallocate() }

  /// What was appended; valid until the next change.
  var view: ByteView { ByteView(UnsafeRawBufferPointer(start: base, count: count)) }

  mutating func removeAll() { count = 0 }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count)
    if let source = bytes.baseAddress { (base + count).copyMemory(from: source, byteCount: bytes.count) }
    count += bytes.count
  }

  mutating func append(_ bytes: ByteView) {
    reserve(bytes.count)
    bytes.copy(to: base.assumingMemoryBound(to: UInt8.self) + count)
    count += bytes.count
  }

  mutating func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Appends a number in decimal.
  mutating func append(decimal value: Int64) {
    reserve(DecimalDigits.maximumLength)
    count += DecimalDigits.write(value, to: base.assumingMemoryBound(to: UInt8.self) + count)
  }

  private mutating func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let grown = max(capacity * 2, count + more)
    let copy = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
    copy.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = copy
    capacity = grown
  }
}
