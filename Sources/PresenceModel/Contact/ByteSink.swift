// SPDX-License-Identifier: Apache-2.0

/// Where bytes are written to: an output buffer, or something that only counts.
///
/// Writers in this module are generic over it, so that they write straight into whatever buffer the wire uses.
public protocol ByteSink: ~Copyable {
  /// Adds one byte.
  mutating func append(_ byte: UInt8)
  /// Adds a run of bytes.
  mutating func append(_ bytes: ByteView)
}

extension Array: ByteSink where Element == UInt8 {
  /// Adds a run of bytes.
  @inlinable
  public mutating func append(_ bytes: ByteView) {
    append(contentsOf: bytes.raw)
  }
}

/// A sink that only counts: what a writer would write is measured by letting it write here first.
@frozen
public struct ByteCounter: ByteSink {
  /// The number of bytes so far.
  public var count = 0

  /// A counter at zero.
  @inlinable
  public init() {}

  /// Counts one byte.
  @inlinable
  public mutating func append(_ byte: UInt8) { count += 1 }

  /// Counts a run of bytes.
  @inlinable
  public mutating func append(_ bytes: ByteView) { count += bytes.count }
}
