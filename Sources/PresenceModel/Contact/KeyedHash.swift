// SPDX-License-Identifier: Apache-2.0

/// A hash of 128 bits that stands for a text in a table which does not keep texts.
///
/// It is SipHash-2-4 with 128 bits of output under a secret key. Request ids and user names come from outside: with a
/// secret key nobody can choose two that collide, which would silence somebody else's request, nor many that fall into
/// the same place of a table. Among ten million honest ones, two collide with a probability below 10⁻²⁴.
@frozen
public struct KeyedHash: Hashable, Sendable {
  /// The secret that the hashes of one process are made with.
  ///
  /// A process draws it at random when it starts and uses it for all its tables. It need not survive: tables are filled
  /// anew from texts.
  @frozen
  public struct Key: Sendable {
    /// The first eight bytes, little-endian.
    public let first: UInt64
    /// The last eight bytes, little-endian.
    public let second: UInt64

    /// A key of its halves.
    @inlinable
    public init(_ first: UInt64, _ second: UInt64) {
      self.first = first
      self.second = second
    }

    /// A key drawn from a generator, which is the system's unless a test wants the same one again.
    @inlinable
    public init(from generator: inout some RandomNumberGenerator) {
      self.init(generator.next(), generator.next())
    }
  }

  /// The first eight bytes, little-endian.
  public let first: UInt64
  /// The last eight bytes, little-endian.
  public let second: UInt64

  @inlinable
  init(first: UInt64, second: UInt64) {
    self.first = first
    self.second = second
  }

  /// The hash of a text.
  public init(_ text: ByteView, key: Key) {
    var state = SipState(key)
    let whole = text.count & ~7
    var index = 0
    while index < whole {
      state.absorb(UInt64(littleEndian: text.raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
      index += 8
    }
    var last = UInt64(truncatingIfNeeded: text.count) << 56
    while index < text.count {
      last |= UInt64(text.base[index]) << UInt64(8 * (index - whole))
      index += 1
    }
    state.absorb(last)
    self = state.finish()
  }

  /// The hash of a pair of texts, different for ("ab", "c") and ("a", "bc").
  ///
  /// The first text's hash is the key of the second one's, so no copy is made to put the two side by side.
  public init(_ text: ByteView, _ other: ByteView, key: Key) {
    let inner = KeyedHash(text, key: key)
    self.init(other, key: Key(inner.first, inner.second))
  }
}

/// SipHash-2-4 by Aumasson and Bernstein, in its variant with 128 bits of output.
private struct SipState {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64

  init(_ key: KeyedHash.Key) {
    v0 = key.first ^ 0x736f_6d65_7073_6575
    v1 = key.second ^ 0x646f_7261_6e64_6f6d ^ 0xEE
    v2 = key.first ^ 0x6c79_6765_6e65_7261
    v3 = key.second ^ 0x7465_6462_7974_6573
  }

  mutating func absorb(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  mutating func finish() -> KeyedHash {
    v2 ^= 0xEE
    for _ in 0..<4 { round() }
    let first = v0 ^ v1 ^ v2 ^ v3
    v1 ^= 0xDD
    for _ in 0..<4 { round() }
    return KeyedHash(first: first, second: v0 ^ v1 ^ v2 ^ v3)
  }

  @inline(__always)
  private mutating func round() {
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
}
