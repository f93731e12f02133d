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

  /// Whole words are written where only some of their bytes count; this much room is always left behind `count`.
  private static let slack = 32
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
    if _slowPath(count + more + JSONBuffer.slack > capacity) { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let needed = count + more + JSONBuffer.slack
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
    (base + count).update(from: view.base, count: view.count)
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
    reserve(20)
    if number >= 0, number < 10 {
      base[count] = 0x30 | UInt8(truncatingIfNeeded: number)
      count += 1
      return
    }
    appendDigits(number)
  }

  private mutating func appendDigits(_ number: Int64) {
    var rest = number.magnitude
    if number < 0 {
      base[count] = UInt8(ascii: "-")
      count += 1
    }
    var length = 1
    var bound: UInt64 = 10
    while length < 19, rest >= bound {
      length += 1
      bound &*= 10
    }
    var index = count + length
    repeat {
      index -= 1
      base[index] = 0x30 | UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    count += length
  }

  /// Appends `true` or `false`.
  mutating func append(_ boolean: Bool) { boolean ? append("true") : append("false") }

  /// Appends UTF-8 as a JSON string.
  ///
  /// Eight bytes at a time are copied and looked at; most texts have nothing to escape, and for those this is a copy.
  @inline(__always)
  mutating func append(escaping text: ByteView) {
    reserve(text.count + 2)
    base[count] = UInt8(ascii: "\"")
    let target = UnsafeMutableRawPointer(base + count + 1)
    let source = UnsafeRawPointer(text.base)
    var index = 0
    var suspects: UInt64 = 0
    while index + 8 <= text.count {
      let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
      suspects |= JSONBuffer.suspects(in: word)
      index += 8
    }
    var rest = text.count - index
    if rest >= 4 {
      let word = source.loadUnaligned(fromByteOffset: index, as: UInt32.self)
      target.storeBytes(of: word, toByteOffset: index, as: UInt32.self)
      // Spaces in the upper half are no suspects.
      suspects |= JSONBuffer.suspects(in: UInt64(word) | 0x2020_2020_0000_0000)
      index += 4
      rest -= 4
    }
    while rest > 0 {
      let byte = source.load(fromByteOffset: index, as: UInt8.self)
      target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      suspects |= JSONBuffer.needsEscape(byte) ? 1 : 0
      index += 1
      rest -= 1
    }
    if _fastPath(suspects == 0) {
      base[count + 1 + text.count] = UInt8(ascii: "\"")
      count += text.count + 2
    } else {
      appendEscaping(text)
    }
  }

  /// Bits of the bytes that are a quotation mark, a backslash, or below 0x20.
  ///
  /// The usual trick with borrows may mark a byte behind a true one as well, never one without.
  @inline(__always)
  private static func suspects(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let below = (word &- ones &* 0x20) & ~word
    let quotes = word ^ (ones &* 0x22)
    let backslashes = word ^ (ones &* 0x5C)
    return (below | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & (ones &* 0x80)
  }

  @inline(__always)
  private static func needsEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

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
