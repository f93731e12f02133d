// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// Percent-encoding of one URI component (RFC 3986): all but letters, digits and `-._~` is encoded.
///
/// What comes out has no delimiter of any kind, so a component can change neither the host, nor the path's segments,
/// nor the query's fields, and never carries CR, LF or another control character.
public enum PercentEncoding {
  /// Writes the encoded bytes, in runs.
  @inlinable
  public static func write(_ component: ByteView, into sink: (UnsafeRawBufferPointer) -> Void) {
    var runStart = 0
    for index in 0..<component.count {
      let byte = component[index]
      if isUnreserved(byte) { continue }
      if runStart < index { sink(component[runStart..<index].raw) }
      withUnsafeBytes(of: (UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 0x0F))) { sink($0) }
      runStart = index + 1
    }
    if runStart < component.count { sink(component[runStart..<component.count].raw) }
  }

  /// The encoded text.
  public static func encode(_ component: String) -> String {
    var bytes: [UInt8] = []
    ByteView.withView(of: component) { view in write(view) { bytes.append(contentsOf: $0) } }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a byte may stand for itself in any component.
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

  @inlinable
  static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
