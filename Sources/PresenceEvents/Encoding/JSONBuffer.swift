// SPDX-License-Identifier: Apache-2.0

import CBytes
import PresenceModel

/// A growing buffer that JSON is written into, used again for every event.
///
/// There is no tree and no check of the structure: whoever writes an event writes its punctuation as literals, which
/// the compiler turns into a few stores. What comes from outside goes through `append(escaping:)`.
struct JSONBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  /// Where the next byte goes, and where there is no more room: what every append looks at.
  private var cursor: UnsafeMutablePointer<UInt8>
  private var limit: UnsafeMutablePointer<UInt8>

  /// The time that was written last: a snapshot has the time of its winning reading twice.
  private var times = TimestampText()

  /// A buffer that one huge event has grown beyond this is given back.
  private static let keptCapacity = 1 << 20

  init(capacity: Int = 4_096) {
    base = .allocate(capacity: capacity)
    cursor = base
    limit = base + capacity
  }

  deinit { base.deallocate() }

  /// The number of bytes that were written since `removeAll`.
  var count: Int { cursor - base }

  /// What was written since `removeAll`; valid until the next write.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Begins anew.
  @inline(__always)
  mutating func removeAll() {
    cursor = base
    if limit - base > JSONBuffer.keptCapacity { replace(capacity: 4_096) }
  }

  /// Forgets what stands behind the first `length` bytes.
  mutating func truncate(to length: Int) {
    precondition(length <= count)
    cursor = base + length
  }

  /// Makes room for `more` bytes.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if _slowPath(limit - cursor < more) { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    var capacity = (limit - base) * 2
    while capacity < count + more { capacity *= 2 }
    replace(capacity: capacity)
  }

  private mutating func replace(capacity: Int) {
    let length = count
    let replacement = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    replacement.update(from: base, count: length)
    base.deallocate()
    base = replacement
    cursor = base + length
    limit = base + capacity
  }

  /// Appends a literal as it is.
  @inline(__always)
  mutating func append(_ literal: StaticString) {
    reserve(literal.utf8CodeUnitCount)
    put(literal)
  }

  /// Appends a literal for which there is room.
  @inline(__always)
  mutating func put(_ literal: StaticString) {
    let length = literal.utf8CodeUnitCount
    UnsafeMutableRawPointer(cursor).copyMemory(from: literal.utf8Start, byteCount: length)
    cursor += length
  }

  /// Appends bytes as they are.
  @inline(__always)
  mutating func append(_ view: ByteView) {
    reserve(view.count)
    put(view)
  }

  /// Appends bytes for which there is room.
  @inline(__always)
  mutating func put(_ view: ByteView) {
    view.copy(to: cursor)
    cursor += view.count
  }

  /// Appends one byte.
  @inline(__always)
  mutating func append(byte: UInt8) {
    reserve(1)
    cursor[0] = byte
    cursor += 1
  }

  /// Appends a time as a JSON string.
  @inline(__always)
  mutating func append(_ time: Timestamp) {
    reserve(Timestamp.textLength + 2)
    put(time)
  }

  /// Appends a time as a JSON string, for which there is room.
  @inline(__always)
  mutating func put(_ time: Timestamp) {
    cursor[0] = UInt8(ascii: "\"")
    times.text(of: time).copy(to: cursor + 1)
    cursor[Timestamp.textLength + 1] = UInt8(ascii: "\"")
    cursor += Timestamp.textLength + 2
  }

  /// Appends a time as it is.
  mutating func append(unquoted time: Timestamp) {
    append(times.text(of: time))
  }

  /// Appends an integer.
  @inline(__always)
  mutating func append(_ number: Int64) {
    reserve(DecimalDigits.maximumLength)
    cursor += DecimalDigits.write(number, to: cursor)
  }

  /// Appends `true` or `false`.
  mutating func append(_ boolean: Bool) { boolean ? append("true") : append("false") }

  /// Appends UTF-8 as a JSON string.
  ///
  /// Most texts have nothing to escape, and for those this is a copy.
  @inline(__always)
  mutating func append(escaping text: ByteView) {
    reserve(text.count &+ 2)
    put(escaping: text)
  }

  /// Appends UTF-8 as a JSON string, for which there is room as long as nothing has to be escaped.
  @inline(__always)
  mutating func put(escaping text: ByteView) {
    cursor[0] = UInt8(ascii: "\"")
    if _slowPath(cb_copy_needs_escape(cursor + 1, text.base, text.count)) {
      appendEscaping(text)
      return
    }
    cursor[text.count &+ 1] = UInt8(ascii: "\"")
    cursor += text.count &+ 2
  }

  @inline(never)
  private mutating func appendEscaping(_ text: ByteView) {
    reserve(text.count * 6 + 2)
    append(byte: UInt8(ascii: "\""))
    for byte in text.raw {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x08: append("\\b")
      case 0x09: append("\\t")
      case 0x0A: append("\\n")
      case 0x0C: append("\\f")
      case 0x0D: append("\\r")
      case 0..<0x20:
        append("\\u00")
        append(byte: 0x30 | byte >> 4)
        append(byte: byte & 0xF < 10 ? 0x30 | byte & 0xF : UInt8(ascii: "a") - 10 + byte & 0xF)
      default: append(byte: byte)
      }
    }
    append(byte: UInt8(ascii: "\""))
  }
}
