// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

/// A record whose bytes lie in memory that is overwritten as soon as the call that it was handed to returns.
///
/// A lane that keeps a view reads 0xDD or another record's bytes, and its outputs show it.
public struct SimulatedRecord: LogRecord {
  /// The partition that it was read from.
  public let partition: LogPartition
  /// Its offset.
  public let offset: Int64
  /// The log's time of it.
  public let timestamp: Timestamp
  /// The key.
  public let key: ByteView?
  /// The value.
  public let value: ByteView?
  /// What is likely to come next.
  public let next: LogSuccessor?
  private let headers: [(ByteView, ByteView)]

  fileprivate init(
    _ record: StoredRecord,
    of partition: LogPartition,
    before next: StoredRecord?,
    in arena: RecordArena
  ) {
    self.partition = partition
    offset = record.offset
    timestamp = record.timestamp
    key = record.content.key.map(arena.copy)
    value = record.content.value.map(arena.copy)
    self.next = next?.content.key.map { LogSuccessor(partition: partition.partition, key: arena.copy($0)) }
    headers = record.content.headers.map { (arena.copy($0.name), arena.copy($0.value)) }
  }

  /// Calls `body` with each header.
  public func forEachHeader(_ body: (_ name: ByteView, _ value: ByteView?) -> Void) {
    for (name, value) in headers { body(name, value) }
  }
}

/// The memory behind the records of one client.
///
/// Blocks are freed with the client and not before, so that a kept view reads poison rather than freed memory.
final class RecordArena {
  static let poison: UInt8 = 0xDD

  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var used = 0

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// Lends a record to `body` and poisons its bytes afterwards.
  func lend(
    _ record: StoredRecord,
    of partition: LogPartition,
    before next: StoredRecord? = nil,
    to body: (SimulatedRecord) -> Void
  ) {
    let headers = record.content.headers.reduce(0) { $0 + $1.name.count + $1.value.count }
    let keys = (record.content.key?.count ?? 0) + (next?.content.key?.count ?? 0)
    reserve(keys + (record.content.value?.count ?? 0) + headers)
    body(SimulatedRecord(record, of: partition, before: next, in: self))
    if let block = blocks.last { block.prefix(used).update(repeating: RecordArena.poison) }
    used = 0
  }

  fileprivate func copy(_ bytes: [UInt8]) -> ByteView {
    guard !bytes.isEmpty, let block = blocks.last else { return .empty }
    let target = UnsafeMutableRawBufferPointer(rebasing: block[used..<used + bytes.count])
    target.copyBytes(from: bytes)
    used += bytes.count
    return ByteView(UnsafeRawBufferPointer(target))
  }

  private func reserve(_ bytes: Int) {
    if let block = blocks.last, block.count >= bytes { return }
    blocks.append(.allocate(byteCount: max(bytes * 2, 4_096), alignment: 16))
  }
}

extension Slice<UnsafeMutableRawBufferPointer> {
  fileprivate func update(repeating byte: UInt8) {
    UnsafeMutableRawBufferPointer(rebasing: self).initializeMemory(as: UInt8.self, repeating: byte)
  }
}
