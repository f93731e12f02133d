// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// A growing buffer that JSON is written into, used again for every event.
///
/// There is no tree and no check of the structure: whoever writes an event writes its punctuation as literals, which
/// the compiler turns into a few stores. What comes from outside goes through `append(escaping:)`.
struct JSONBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  /// A buffer that one huge event has grown beyond this is given back.
  private static let keptCapacity = 1 << 20

  init(capacity: Int = 4_096) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// What was written since `removeAll`; valid until the next write.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Begins anew.
  @inline(__always)
  mutating func removeAll() {
    count = 0
    if capacity > JSONBuffer.keptCapacity { shrink() }
  }

  /// Forgets what stands behind the first `length` bytes.
  mutating func truncate(to length: Int) {
    precondition(length <= count)
    count = length
  }

  @inline(never)
  private mutating func shrink() {
    base.deallocate()
    capacity = 4_096
    base = .allocate(capacity: capacity)
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if _slowPath(count + more > capacity) { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let needed = count + more
    var larger = capacity * 2
    while larger < needed { larger *= 2 }
    let replacement = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    replacement.update(from: base, count: count)
    base.deallocate()
    base = replacement
    capacity = larger
  }

  /// Appends a literal as it is.
  @inline(__always)
  mutating func append(_ literal: StaticString) {
    let length = literal.utf8CodeUnitCount
    reserve(length)
    (base + count).update(from: literal.utf8Start, count: length)
    count += length
  }

  /// Appends bytes as they are.
  @inline(__always)
  mutating func append(_ view: ByteView) {
    reserve(view.count)
    view.copy(to: base + count)
    count += view.count
  }

  /// Appends one byte.
  @inline(__always)
  mutating func append(byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  /// Appends a time as a JSON string.
  @inline(__always)
  mutating func append(_ time: Timestamp) {
    reserve(Timestamp.textLength + 2)
    let target = base + count
    target[0] = UInt8(ascii: "\"")
    time.write(to: target + 1)
    target[Timestamp.textLength + 1] = UInt8(ascii: "\"")
    count += Timestamp.textLength + 2
  }

  /// Appends a time as it is.
  mutating func append(unquoted time: Timestamp) {
    reserve(Timestamp.textLength)
    time.write(to: base + count)
    count += Timestamp.textLength
  }

  /// Appends an integer.
  @inline(__always)
  mutating func append(_ number: Int64) {
    reserve(DecimalDigits.maximumLength)
    count += DecimalDigits.write(number, to: base + count)
  }

  /// Appends `true` or `false`.
  mutating func append(_ boolean: Bool) { boolean ? append("true") : append("false") }

  /// Appends UTF-8 as a JSON string.
  ///
  /// Most texts have nothing to escape, and for those this is a copy and a look at eight bytes at a time.
  @inline(__always)
  mutating func append(escaping text: ByteView) {
    reserve(text.count + 2)
    let needsEscapes = text.hasByte { word in
      Word.below(0x20, in: word) | Word.equals(UInt8(ascii: "\""), in: word)
        | Word.equals(UInt8(ascii: "\\"), in: word)
    }
    guard _fastPath(!needsEscapes) else {
      appendEscaping(text)
      return
    }
    base[count] = UInt8(ascii: "\"")
    text.copy(to: base + count + 1)
    base[count + 1 + text.count] = UInt8(ascii: "\"")
    count += text.count + 2
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
