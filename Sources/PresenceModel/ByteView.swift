// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  public import Glibc
#elseif canImport(Musl)
  public import Musl
#else
  public import Darwin
#endif

/// A borrowed run of bytes: a pointer and a length, without ownership and without reference counting.
///
/// The hot path moves names, addresses and messages from a parsed record into a packed record and from there into an
/// output buffer. A `String` or an `Array` for each would cost an allocation and atomic reference counts per field, so
/// these fields travel as views. A view is valid only as long as the memory behind it: the parser's buffer until the
/// next parse, a packed record until it is replaced. Views never outlive the call that they were handed to; whoever
/// keeps a value copies it.
///
/// Bytes are UTF-8 wherever they came through the decoders of `PresenceEvents`, which validate it.
@frozen
public struct ByteView {
  /// The first byte; meaningless where `count` is zero.
  public let base: UnsafePointer<UInt8>
  /// The number of bytes.
  public let count: Int

  /// A view of `count` bytes from `base`.
  @inlinable
  public init(base: UnsafePointer<UInt8>, count: Int) {
    self.base = base
    self.count = count
  }

  /// A view of a buffer's bytes.
  @inlinable
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      base: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? ByteView.empty.base,
      count: bytes.count
    )
  }

  /// A view of a literal; it lives as long as the program.
  @inlinable
  public init(_ literal: StaticString) {
    self.init(base: literal.utf8Start, count: literal.utf8CodeUnitCount)
  }

  /// No bytes.
  @inlinable
  public static var empty: ByteView { ByteView("") }

  /// Whether there are no bytes.
  @inlinable
  public var isEmpty: Bool { count == 0 }

  /// The byte at `index`, which the caller has checked against `count`.
  @inlinable
  public subscript(index: Int) -> UInt8 {
    assert(index >= 0 && index < count)
    return base[index]
  }

  /// The bytes of `range`, which the caller has checked against `count`.
  @inlinable
  public subscript(range: Range<Int>) -> ByteView {
    assert(range.lowerBound >= 0 && range.upperBound <= count)
    return ByteView(base: base + range.lowerBound, count: range.count)
  }

  /// The same bytes as a raw buffer.
  @inlinable
  public var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// The index of the first occurrence of `byte`.
  @inlinable
  public func firstIndex(of byte: UInt8) -> Int? {
    guard count > 0, let hit = memchr(base, Int32(byte), count) else { return nil }
    return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(hit))
  }

  /// The index of the last occurrence of `byte`.
  @inlinable
  public func lastIndex(of byte: UInt8) -> Int? {
    var index = count - 1
    while index >= 0 {
      if base[index] == byte { return index }
      index -= 1
    }
    return nil
  }

  /// Whether both have the same bytes but for the case of ASCII letters.
  ///
  /// IM addresses compare this way: schemes and domains are case-insensitive by their standards, and so is the local
  /// part in XMPP (RFC 7622), in Microsoft's servers and, in practice, in mail.
  @inlinable
  public func equalsIgnoringASCIICase(_ other: ByteView) -> Bool {
    guard count == other.count else { return false }
    if base == other.base || self == other { return true }
    for index in 0..<count where ByteView.lowered(base[index]) != ByteView.lowered(other.base[index]) { return false }
    return true
  }

  @inlinable
  static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  /// A string of its own with these bytes, with replacement characters where they are not UTF-8.
  public var string: String { String(decoding: raw, as: UTF8.self) }

  /// Lends the UTF-8 of a string as a view, valid only inside of `body`.
  @inlinable
  public static func withView<Result, Failure: Error>(
    of string: String,
    _ body: (ByteView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var copy = string
    let outcome: Swift.Result<Result, Failure> = copy.withUTF8 { buffer in
      do throws(Failure) {
        return .success(try body(ByteView(UnsafeRawBufferPointer(buffer))))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}

extension ByteView: Hashable {
  /// Whether both have the same bytes.
  ///
  /// Up to thirty-two bytes are compared as words that may overlap, without a call; against a literal the compiler
  /// makes comparisons with constants of that.
  @inlinable
  @inline(__always)
  public static func == (left: ByteView, right: ByteView) -> Bool {
    guard left.count == right.count else { return false }
    let count = left.count
    if count > 16 {
      if count > 32 { return memcmp(left.base, right.base, count) == 0 }
      return left.word(at: 0) == right.word(at: 0) && left.word(at: count &- 8) == right.word(at: count &- 8)
        && left.word(at: 8) == right.word(at: 8) && left.word(at: count &- 16) == right.word(at: count &- 16)
    }
    if count >= 8 {
      return left.word(at: 0) == right.word(at: 0) && left.word(at: count &- 8) == right.word(at: count &- 8)
    }
    if count >= 4 {
      return left.halfWord(at: 0) == right.halfWord(at: 0)
        && left.halfWord(at: count &- 4) == right.halfWord(at: count &- 4)
    }
    guard count > 0 else { return true }
    return left.base[0] == right.base[0] && left.base[count &- 1] == right.base[count &- 1]
      && left.base[count >> 1] == right.base[count >> 1]
  }

  /// Hashes the bytes.
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: raw)
  }
}

extension ByteView: CustomStringConvertible {
  /// The bytes as text.
  public var description: String { string }
}
