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
        index &+= 16
      } while index &+ 16 <= count
      raw.storeBytes(of: block(at: count &- 16), toByteOffset: count &- 16, as: SIMD16<UInt8>.self)
    } else if count >= 8 {
      raw.storeBytes(of: word(at: 0), as: UInt64.self)
      raw.storeBytes(of: word(at: count &- 8), toByteOffset: count &- 8, as: UInt64.self)
    } else if count >= 4 {
      raw.storeBytes(of: halfWord(at: 0), as: UInt32.self)
      raw.storeBytes(of: halfWord(at: count &- 4), toByteOffset: count &- 4, as: UInt32.self)
    } else if count > 0 {
      target[0] = base[0]
      target[count >> 1] = base[count >> 1]
      target[count &- 1] = base[count &- 1]
    }
  }
}
