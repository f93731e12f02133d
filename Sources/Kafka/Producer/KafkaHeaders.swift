// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// The headers of the next record, in a buffer that is used again and again.
///
/// Values are copied in, so that what they were built in may be reused at once; names and values that are static strings,
/// or that the caller keeps until the record is produced, are only pointed at. Headers that many records share go in first, and ``truncate(to:)`` keeps them.
public struct KafkaHeaders: ~Copyable {
  /// The number of headers.
  public private(set) var count = 0

  private var entries: UnsafeMutableBufferPointer<crdk_header_t>
  private var arena: UnsafeMutableRawBufferPointer
  private var used = 0

  /// Makes an empty list.
  public init() {
    entries = .allocate(capacity: 16)
    arena = .allocate(byteCount: 1024, alignment: 1)
  }

  deinit {
    entries.deallocate()
    arena.deallocate()
  }

  /// Adds a header, copying the value; nil is a null value.
  public mutating func append(_ name: StaticString, _ value: UnsafeRawBufferPointer?) {
    let value = value.map { copy($0) }
    add(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
  }

  /// Adds a header whose value never changes, copying nothing.
  public mutating func append(_ name: StaticString, _ value: StaticString) {
    add(
      UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
      UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount)
    )
  }

  /// Adds a header, copying name and value; nil is a null value.
  public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
    // The second copy may move the first: both at once.
    reserve(name.count + (value?.count ?? 0))
    let name = copy(name)
    add(name, value.map { copy($0) })
  }

  /// Adds a header, copying nothing: both must stay as they are until the record is produced.
  public mutating func append(borrowingName name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
    add(name, value)
  }

  /// Adds all headers of a consumed record, untouched.
  public mutating func append(contentsOf record: borrowing KafkaRecord) {
    record.forEachHeader { append(name: $0, value: $1) }
  }

  /// Removes all headers but the first ones.
  public mutating func truncate(to remaining: Int) {
    precondition(remaining <= count, "there are only \(count) headers")
    count = remaining
    used = 0
    for entry in entries[..<remaining] {
      used = max(used, end(of: entry.name, Int(entry.name_size)), end(of: entry.value, entry.value_size))
    }
  }

  /// Removes all headers.
  public mutating func removeAll() {
    count = 0
    used = 0
  }

  /// The list as the shim takes it, valid until the next change.
  var list: UnsafePointer<crdk_header_t>? { UnsafePointer(entries.baseAddress) }

  private mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) {
    if count == entries.count {
      let grown = UnsafeMutableBufferPointer<crdk_header_t>.allocate(capacity: entries.count * 2)
      _ = grown.moveInitialize(fromContentsOf: entries)
      entries.deallocate()
      entries = grown
    }
    entries.initializeElement(
      at: count,
      to: crdk_header_t(
        name: name.baseAddress,
        name_size: name.count,
        value: value?.baseAddress,
        value_size: value?.count ?? -1
      )
    )
    count += 1
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard !bytes.isEmpty else { return bytes }
    reserve(bytes.count)
    let start = arena.baseAddress! + used
    start.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    used += bytes.count
    return UnsafeRawBufferPointer(start: start, count: bytes.count)
  }

  // Moves the bytes to a larger arena when they need one, and the pointers with them.
  private mutating func reserve(_ bytes: Int) {
    guard used + bytes > arena.count else { return }
    let old = arena
    arena = .allocate(byteCount: max(arena.count * 2, used + bytes), alignment: 1)
    arena.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(old)[..<used]))
    for index in 0..<count {
      if let offset = Self.offset(of: entries[index].name, in: old) {
        entries[index].name = UnsafeRawPointer(arena.baseAddress! + offset)
      }
      if let offset = Self.offset(of: entries[index].value, in: old) {
        entries[index].value = UnsafeRawPointer(arena.baseAddress! + offset)
      }
    }
    old.deallocate()
  }

  private func end(of pointer: UnsafeRawPointer?, _ size: Int) -> Int {
    Self.offset(of: pointer, in: arena).map { $0 + size } ?? 0
  }

  private static func offset(of pointer: UnsafeRawPointer?, in arena: UnsafeMutableRawBufferPointer) -> Int? {
    guard let pointer, let start = arena.baseAddress else { return nil }
    let offset = pointer - UnsafeRawPointer(start)
    return offset >= 0 && offset < arena.count ? offset : nil
  }
}
