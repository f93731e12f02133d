// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding of URI components (RFC 3986).
///
/// Only the unreserved characters stay: letters and digits of ASCII and `-._~`. Everything else becomes `%XX` of its
/// UTF-8, so the result has no meaning of its own wherever in a URI it is put; that some components would allow more is
/// of no use to anybody.
public enum PercentEncoding {
  /// Whether a byte stands for itself.
  @inlinable
  public static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// Writes bytes percent-encoded.
  @inlinable
  public static func write<Sink: ByteSink & ~Copyable>(_ bytes: ByteView, into sink: inout Sink) {
    for index in 0..<bytes.count { write(bytes.base[index], into: &sink) }
  }

  /// Writes one byte percent-encoded.
  @inlinable
  public static func write<Sink: ByteSink & ~Copyable>(_ byte: UInt8, into sink: inout Sink) {
    guard !isUnreserved(byte) else {
      sink.append(byte)
      return
    }
    sink.append(UInt8(ascii: "%"))
    sink.append(hexadecimal(byte >> 4))
    sink.append(hexadecimal(byte & 0xF))
  }

  /// The digit of four bits, in upper case as RFC 3986 asks.
  @inlinable
  public static func hexadecimal(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
  }
}
