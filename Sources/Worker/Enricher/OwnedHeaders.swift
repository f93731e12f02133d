// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Headers that are put together from many places: those of dead letters and of re-routed records.
///
/// Bad records are rare, so this copies and allocates freely; the hot path's headers come from `EnvelopeWriter`.
struct OwnedHeaders {
  private var bytes: [UInt8] = []
  private var ranges: [(name: Range<Int>, value: Range<Int>?)] = []

  /// Adds a header behind the others; nil is a null value.
  mutating func append(_ name: ByteView, _ value: ByteView?) {
    let start = bytes.count
    bytes.append(contentsOf: name.raw)
    let middle = bytes.count
    if let value { bytes.append(contentsOf: value.raw) }
    ranges.append((start..<middle, value == nil ? nil : middle..<bytes.count))
  }

  /// Adds a header behind the others.
  mutating func append(_ name: StaticString, _ value: String) {
    ByteView.withView(of: value) { append(ByteView(name), $0) }
  }

  /// Lends the headers as a log client takes them.
  func withHeaders<Result>(_ body: (UnsafeBufferPointer<LogHeader>) -> Result) -> Result {
    bytes.withUnsafeBytes { raw in
      let view = ByteView(raw)
      let headers = ranges.map { (name: view[$0.name], value: $0.value.map { view[$0] }) as LogHeader }
      return headers.withUnsafeBufferPointer(body)
    }
  }
}
