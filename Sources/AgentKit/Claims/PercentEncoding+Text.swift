// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

extension PercentEncoding {
  /// Writes the encoded bytes of a component, in runs.
  ///
  /// What comes out has no delimiter of any kind, so a component can change neither the host, nor the path's segments,
  /// nor the query's fields, and never carries CR, LF or another control character.
  @inlinable
  public static func write(_ component: ByteView, into sink: (UnsafeRawBufferPointer) -> Void) {
    var runStart = 0
    for index in 0..<component.count {
      let byte = component[index]
      if isUnreserved(byte) { continue }
      if runStart < index { sink(component[runStart..<index].raw) }
      withUnsafeBytes(of: (UInt8(ascii: "%"), hexadecimal(byte >> 4), hexadecimal(byte & 0x0F))) { sink($0) }
      runStart = index + 1
    }
    if runStart < component.count { sink(component[runStart..<component.count].raw) }
  }

  /// The encoded text of a component.
  public static func encode(_ component: String) -> String {
    var bytes: [UInt8] = []
    ByteView.withView(of: component) { view in write(view) { bytes.append(contentsOf: $0) } }
    return String(decoding: bytes, as: UTF8.self)
  }
}
