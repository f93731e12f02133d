// SPDX-License-Identifier: Apache-2.0

package import PresenceModel

/// Bytes at a place of an answer, and the state that they mean.
package struct Fingerprint: Hashable, Sendable {
  /// Where the bytes stand, from 0.
  var offset: Int
  /// The bytes.
  var bytes: [UInt8]
  /// What they mean.
  var state: PresenceState
  /// What the answer must begin with, so that an error page with the right byte is no picture.
  var start: [UInt8] = []

  /// The state of the first fingerprint of a table that an answer has; nil where it has none.
  package static func firstMatch(in body: [UInt8], of table: [Fingerprint]) -> PresenceState? {
    table.first { $0.matches(body) }?.state
  }

  private func matches(_ body: [UInt8]) -> Bool {
    offset + bytes.count <= body.count && body[offset..<offset + bytes.count].elementsEqual(bytes)
      && body.starts(with: start)
  }
}
