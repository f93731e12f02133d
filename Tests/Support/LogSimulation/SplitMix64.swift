// SPDX-License-Identifier: Apache-2.0

/// A small random generator with a seed: the same seed gives the same run on every machine.
///
/// SplitMix64 by Sebastiano Vigna (public domain): it passes BigCrush and has one word of state, which is all that a
/// scheduler needs. The standard library's generator has no seed.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that starts from `seed`.
  public init(seed: UInt64) { state = seed }

  /// The next word.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// True with this probability; draws nothing where the answer is certain, so that a run without faults stays short.
  public mutating func chance(_ probability: Double) -> Bool {
    guard probability > 0 else { return false }
    guard probability < 1 else { return true }
    return Double(next() >> 11) * 0x1p-53 < probability
  }

  /// A number below `bound`, which is positive; the bias of the modulo is of no account for bounds this small.
  public mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % bound }

  /// A number of a range.
  public mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// An element of a collection; nil where it is empty.
  public mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }
}
