// SPDX-License-Identifier: Apache-2.0

/// The flights that wait for a call: first those whom somebody waits for, then those that only keep something fresh.
///
/// Each kind is served in the order in which it came. The second kind cannot starve for long: its needs end by their
/// deadlines, and whoever is not served within them is told so.
struct CallQueue: Sendable {
  private var urgent = FIFOQueue<UInt64>()
  private var others = FIFOQueue<UInt64>()

  var isEmpty: Bool { urgent.isEmpty && others.isEmpty }
  var first: UInt64? { urgent.first ?? others.first }

  mutating func append(_ flight: UInt64, isUrgent: Bool) {
    if isUrgent { urgent.append(flight) } else { others.append(flight) }
  }

  mutating func popFirst() -> UInt64? { urgent.popFirst() ?? others.popFirst() }
}
