// SPDX-License-Identifier: Apache-2.0

import CBytes
import CSimdJSON

/// Writes the tape of a plain document, in place of simdjson's second stage and in two thirds of its instructions.
///
/// Plain is a document that is an object, has no backslash, no number but integers of at most eighteen digits, and
/// containers a few levels deep: nearly all events. Its strings stay where they are in the input. What is not plain, and
/// with it whatever is wrong in any way, is left to simdjson: there is no second opinion on what JSON is, since this
/// takes nothing that simdjson does not take (`PlainDocumentTests`).
///
/// What the first stage has found (`csj_find`) is relied on: the input is UTF-8, every string ends, none has a control
/// character, and behind a string's end there is nothing but white space up to the next start.
struct PlainDocument {
  private static let maximumDepth = 16
  private static let maximumDigits = 18

  private let input: UnsafePointer<UInt8>
  private let starts: UnsafePointer<UInt32>
  private let count: Int
  private let tape: UnsafeMutablePointer<UInt64>

  /// Writes the tape of what was found. Returns whether the document is plain; the tape means nothing where it is not.
  @inline(__always)
  static func write(_ found: csj_document, length: Int) -> Bool {
    guard !cb_has_backslash(found.input, length) else { return false }
    let document = PlainDocument(
      input: UnsafePointer(found.input),
      starts: found.starts,
      count: Int(found.start_count),
      tape: found.tape
    )
    return document.write()
  }

  /// Until a container is closed, its first word holds where that of the one around it is.
  private func write() -> Bool {
    guard count >= 2, byte(0) == PlainDocument.brace else { return false }
    var next = 0  // what of the starts is looked at
    var end = Int(CSJ_ROOT)  // of the tape
    var container = 0
    var isObject = false
    var depth = 0

    values: while true {
      if isObject {
        // A key, a colon, a value, and whatever follows it.
        guard next &+ 3 < count, byte(next) == PlainDocument.quote, byte(next &+ 1) == PlainDocument.colon else {
          return false
        }
        tape[end] = string(next)
        end &+= 1
        next &+= 2
      } else {
        guard next &+ 1 < count else { return false }
      }

      let first = byte(next)
      if first == PlainDocument.quote {
        tape[end] = string(next)
        end &+= 1
        next &+= 1
      } else if first == PlainDocument.brace || first == PlainDocument.bracket {
        guard depth < PlainDocument.maximumDepth else { return false }
        depth &+= 1
        tape[end] = UInt64(first) << 56 | UInt64(truncatingIfNeeded: container)
        container = end
        isObject = first == PlainDocument.brace
        end &+= 1
        next &+= 1
        if byte(next) != first &+ 2 { continue values }
      } else if let number = integer(next) {
        tape[end] = UInt64(CSJ_INTEGER.rawValue) << 56
        tape[end &+ 1] = UInt64(bitPattern: number)
        end &+= 2
        next &+= 1
      } else if isName(next) {
        tape[end] = UInt64(first) << 56
        end &+= 1
        next &+= 1
      } else {
        return false
      }

      while true {
        guard next < count else { return false }
        let mark = byte(next)
        next &+= 1
        if mark == PlainDocument.comma { continue values }
        let opening = tape[container]
        let kind = opening >> 56
        guard UInt64(mark) == kind &+ 2 else { return false }
        tape[end] = UInt64(mark) << 56 | UInt64(truncatingIfNeeded: container)
        end &+= 1
        tape[container] = kind << 56 | UInt64(truncatingIfNeeded: end)
        container = Int(truncatingIfNeeded: opening & 0xFFFF_FFFF)
        depth &-= 1
        if container == 0 { return next == count }
        isObject = tape[container] >> 56 == UInt64(PlainDocument.brace)
      }
    }
  }

  @inline(__always) private func place(_ start: Int) -> Int { Int(truncatingIfNeeded: starts[start]) }
  @inline(__always) private func byte(_ start: Int) -> UInt8 { input[place(start)] }

  /// The word of the string that begins at a start.
  @inline(__always)
  private func string(_ start: Int) -> UInt64 {
    let first = place(start) &+ 1
    var last = place(start &+ 1) &- 1
    while input[last] != PlainDocument.quote { last &-= 1 }
    return UInt64(CSJ_STRING.rawValue) << 56 | UInt64(truncatingIfNeeded: last &- first) << 32
      | UInt64(truncatingIfNeeded: first)
  }

  /// The integer that begins at a start; nil for anything else, and for more digits than are surely held.
  @inline(__always)
  private func integer(_ start: Int) -> Int64? {
    let place = place(start)
    var index = place
    let isNegative = input[index] == UInt8(ascii: "-")
    if isNegative { index &+= 1 }
    let digits = index
    var value: Int64 = 0
    while true {
      let digit = input[index] &- 0x30
      guard digit <= 9, index &- digits <= PlainDocument.maximumDigits else { break }
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    let length = index &- digits
    guard length > 0, length <= PlainDocument.maximumDigits, length == 1 || input[digits] != 0x30,
      ends(at: index, start)
    else { return nil }
    return isNegative ? -value : value
  }

  /// Whether `true`, `false` or `null` begins at a start.
  @inline(never)
  private func isName(_ start: Int) -> Bool {
    let place = place(start)
    let four = UnsafeRawPointer(input).loadUnaligned(fromByteOffset: place, as: UInt32.self)
    switch UInt32(littleEndian: four) {
    case 0x6575_7274, 0x6C6C_756E: return ends(at: place &+ 4, start)  // true, null
    case 0x736C_6166: return input[place &+ 4] == UInt8(ascii: "e") && ends(at: place &+ 5, start)  // fals
    default: return false
    }
  }

  /// Whether what began at a start ends before an index: there something else begins, or is white space.
  @inline(__always)
  private func ends(at index: Int, _ start: Int) -> Bool {
    if index == place(start &+ 1) { return true }
    switch input[index] {
    case 0x20, 0x09, 0x0A, 0x0D: return true
    default: return false
    }
  }

  private static var quote: UInt8 { UInt8(ascii: "\"") }
  private static var colon: UInt8 { UInt8(ascii: ":") }
  private static var comma: UInt8 { UInt8(ascii: ",") }
  /// What closes an object or an array is two further on in ASCII.
  private static var brace: UInt8 { UInt8(ascii: "{") }
  private static var bracket: UInt8 { UInt8(ascii: "[") }
}
