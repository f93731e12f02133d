// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The hash that users are found by: SipHash-1-3 under a key that the process draws when it starts.
///
/// Names come from outside; under a secret key nobody can choose many that fall into the same place of a table. It is
/// the function that Swift's `Hasher` has, without its calls into the standard library, its buffering and its
/// finalisation for streams, which cost three times as much for a name of a dozen bytes.
struct NameHash {
  private let first: UInt64
  private let second: UInt64

  /// The process's hash.
  static let shared: NameHash = {
    var generator = SystemRandomNumberGenerator()
    return NameHash(key: (generator.next(), generator.next()))
  }()

  /// The hash of a key.
  init(key: (UInt64, UInt64)) {
    first = key.0
    second = key.1
  }

  /// The hash of a name.
  @inline(__always)
  func callAsFunction(_ name: ByteView) -> UInt64 {
    var v0 = first ^ 0x736f_6d65_7073_6575
    var v1 = second ^ 0x646f_7261_6e64_6f6d
    var v2 = first ^ 0x6c79_6765_6e65_7261
    var v3 = second ^ 0x7465_6462_7974_6573

    @inline(__always) func round() {
      v0 &+= v1
      v1 = (v1 << 13 | v1 >> 51) ^ v0
      v0 = v0 << 32 | v0 >> 32
      v2 &+= v3
      v3 = (v3 << 16 | v3 >> 48) ^ v2
      v0 &+= v3
      v3 = (v3 << 21 | v3 >> 43) ^ v0
      v2 &+= v1
      v1 = (v1 << 17 | v1 >> 47) ^ v2
      v2 = v2 << 32 | v2 >> 32
    }
    @inline(__always) func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      v0 ^= word
    }

    var index = 0
    while index &+ 8 <= name.count {
      absorb(UInt64(littleEndian: name.word(at: index)))
      index &+= 8
    }
    absorb(NameHash.tail(of: name, from: index))
    v2 ^= 0xFF
    round()
    round()
    round()
    return v0 ^ v1 ^ v2 ^ v3
  }

  /// The bytes from `index` on, fewer than eight, as a little-endian word with the length in its upper byte.
  @inline(__always)
  private static func tail(of name: ByteView, from index: Int) -> UInt64 {
    let length = UInt64(truncatingIfNeeded: name.count) << 56
    let rest = name.count &- index
    if name.count >= 8 {
      // The last eight bytes, without those that were absorbed; a shift of 64 gives zero.
      return length | UInt64(littleEndian: name.word(at: name.count &- 8)) >> UInt64(64 &- 8 &* rest)
    }
    var word = length
    for offset in 0..<rest { word |= UInt64(name.base[index &+ offset]) << UInt64(8 &* offset) }
    return word
  }
}
