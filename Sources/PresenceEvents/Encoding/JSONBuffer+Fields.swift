// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Members of objects. A `key` is the whole text in front of the value, such as `,"state":`.
extension JSONBuffer {
  /// Appends a text.
  @inline(__always)
  mutating func field(_ key: StaticString, _ text: ByteView) {
    reserve(key.utf8CodeUnitCount &+ text.count &+ 2)
    put(key)
    put(escaping: text)
  }

  /// Appends a text unless it is empty.
  @inline(__always)
  mutating func optional(_ key: StaticString, _ text: ByteView) {
    if !text.isEmpty { field(key, text) }
  }

  /// Appends a name of the contract, which needs no escaping.
  @inline(__always)
  mutating func field(_ key: StaticString, _ name: StaticString) {
    reserve(key.utf8CodeUnitCount &+ name.utf8CodeUnitCount &+ 2)
    put(key)
    put("\"")
    put(ByteView(name))
    put("\"")
  }

  /// Appends a time.
  @inline(__always)
  mutating func field(_ key: StaticString, _ time: Timestamp) {
    reserve(key.utf8CodeUnitCount &+ Timestamp.textLength &+ 2)
    put(key)
    put(time)
  }

  /// Appends a time where there is one.
  @inline(__always)
  mutating func optional(_ key: StaticString, _ time: Timestamp?) {
    if let time { field(key, time) }
  }

  /// Appends an integer.
  @inline(__always)
  mutating func field(_ key: StaticString, _ number: Int64) {
    append(key)
    append(number)
  }

  /// Appends an integer where there is one.
  @inline(__always)
  mutating func optional(_ key: StaticString, _ number: Int64?) {
    if let number { field(key, number) }
  }

  /// Appends a number of seconds unless it is zero, which stands for none.
  @inline(__always)
  mutating func optional(_ key: StaticString, seconds: Int32) {
    if seconds != 0 { field(key, Int64(seconds)) }
  }
}
