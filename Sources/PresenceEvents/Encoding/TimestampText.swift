// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The text of the time that was asked for last: writing a time again is a comparison and a copy.
struct TimestampText: ~Copyable {
  private var time = Timestamp(milliseconds: 0)
  private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: Timestamp.textLength)

  init() { time.write(to: bytes) }

  deinit { bytes.deallocate() }

  /// The text of a time, valid until the next call.
  @inline(__always)
  mutating func text(of wanted: Timestamp) -> ByteView {
    if wanted != time {
      wanted.write(to: bytes)
      time = wanted
    }
    return ByteView(base: bytes, count: Timestamp.textLength)
  }
}
