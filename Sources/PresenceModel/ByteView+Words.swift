// SPDX-License-Identifier: Apache-2.0

/// Bytes taken several at a time.
///
/// The texts of events have some five to thirty bytes. For those the calls of `memcpy` and `memcmp` cost more than
/// their work, and loops over single bytes more than that. A text of at least sixteen bytes is taken in blocks of
/// sixteen, the last of which overlaps the one before; shorter ones as two words that may overlap. Nothing beyond the
/// text is ever read.
extension ByteView {
  /// The eight bytes at `index`, which has eight bytes behind it.
  @inlinable
  @inline(__always)
  public func word(at index: Int) -> UInt64 {
    UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self)
  }

  /// The four bytes at `index`, which has four bytes behind it.
  @inlinable
  @inline(__always)
  public func halfWord(at index: Int) -> UInt32 {
    UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt32.self)
  }

  /// The sixteen bytes at `index`, which has sixteen bytes behind it.
  @inlinable
  @inline(__always)
  public func block(at index: Int) -> SIMD16<UInt8> {
    UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
  }

  /// Copies the bytes to `target`, which has room for them and does not overlap them.
  @inlinable
  @inline(__always)
  public func copy(to target: UnsafeMutablePointer<UInt8>) {
    let raw = UnsafeMutableRawPointer(target)
    if count >= 16 {
      var index = 0
      repeat {
        raw.storeBytes(of: block(at: index), toByteOffset: index, as: SIMD16<UInt8>.self)
        index += 16
      } while index + 16 <= count
      raw.storeBytes(of: block(at: count - 16), toByteOffset: count - 16, as: SIMD16<UInt8>.self)
    } else if count >= 8 {
      raw.storeBytes(of: word(at: 0), as: UInt64.self)
      raw.storeBytes(of: word(at: count - 8), toByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      raw.storeBytes(of: halfWord(at: 0), as: UInt32.self)
      raw.storeBytes(of: halfWord(at: count - 4), toByteOffset: count - 4, as: UInt32.self)
    } else if count > 0 {
      target[0] = base[0]
      target[count >> 1] = base[count >> 1]
      target[count - 1] = base[count - 1]
    }
  }

  /// Whether `test` marks any byte of the text; it is handed eight bytes at a time, some of them twice.
  ///
  /// - Parameter test: Returns a word that is not zero where one of the eight bytes is looked for; `Word` has the parts.
  @inlinable
  @inline(__always)
  public func hasByte(_ test: (UInt64) -> UInt64) -> Bool {
    if count >= 8 {
      var marked = test(word(at: count - 8))
      var index = 0
      while index + 8 < count {
        marked |= test(word(at: index))
        index += 8
      }
      return marked != 0
    }
    if count >= 4 { return test(UInt64(halfWord(at: 0)) | UInt64(halfWord(at: count - 4)) << 32) != 0 }
    guard count > 0 else { return false }
    let word = UInt64(base[0]) | UInt64(base[count >> 1]) << 8 | UInt64(base[count - 1]) << 16
    return test(word | UInt64(base[0]) &* 0x0101_0101_0100_0000) != 0
  }
}

/// Tests of eight bytes at once (Warren, "Hacker's Delight", 6-1).
///
/// A result has the upper bit set of every byte that is looked for. It may have it of a byte behind such a one as well,
/// but none where there is none: so it answers whether, and not where.
public enum Word {
  /// The same byte eight times.
  @inlinable
  @inline(__always)
  public static func repeating(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

  /// Marks bytes that are zero.
  @inlinable
  @inline(__always)
  public static func zeroes(in word: UInt64) -> UInt64 { (word &- repeating(1)) & ~word & repeating(0x80) }

  /// Marks bytes that are `byte`.
  @inlinable
  @inline(__always)
  public static func equals(_ byte: UInt8, in word: UInt64) -> UInt64 { zeroes(in: word ^ repeating(byte)) }

  /// Marks bytes that are below `bound`, which is at most 0x80.
  @inlinable
  @inline(__always)
  public static func below(_ bound: UInt8, in word: UInt64) -> UInt64 {
    (word &- repeating(bound)) & ~word & repeating(0x80)
  }
}
