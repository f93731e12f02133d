// SPDX-License-Identifier: Apache-2.0

/// Damages to samples, of the kinds that find mistakes in parsers; the same seed does the same damage.
public struct Mutation {
  private var state: UInt64
  private let samples: [[UInt8]]

  /// Mutations of samples.
  public init(of samples: [[UInt8]], seed: UInt64) {
    self.samples = samples.isEmpty ? [[]] : samples
    state = seed
  }

  /// The next damaged sample.
  public mutating func next() -> [UInt8] {
    var bytes = samples[below(samples.count)]
    for _ in 0...below(4) { damage(&bytes) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    let at = below(bytes.count + 1)
    let end = min(bytes.count, at + below(32))
    switch below(8) {
    case 0 where at < bytes.count: bytes[at] = UInt8(below(256))
    case 1 where at < bytes.count: bytes[at] ^= 1 << UInt8(below(8))
    case 2: bytes.removeSubrange(at..<end)
    case 3: bytes.insert(contentsOf: bytes[at..<end], at: below(bytes.count + 1))
    case 4: bytes.insert(contentsOf: Self.pieces[below(Self.pieces.count)], at: at)
    case 5:
      let other = samples[below(samples.count)]
      bytes.replaceSubrange(at..<bytes.count, with: other[below(other.count + 1)...])
    default: bytes.insert(Self.interesting[below(Self.interesting.count)], at: at)
    }
  }

  private static let interesting: [UInt8] =
    Array(#"{}[]<>"'\/:;,=&%?#!@.-+*~0n "#.utf8) + [0, 9, 10, 13, 0x7F, 0x80, 0xC2, 0xE2, 0xFF]
  private static let pieces = [
    #"\u0000"#, #"\ud83d"#, "null", "true", "-1", "1e999", "9223372036854775808", "&#x110000;", "&amp;", "<![CDATA[",
    "<!--", "<!DOCTYPE a>", "]]>", "[[[[[[[[", "<a><a><a><a>", "{local}", "{domain}", "%2e", "..", "\r\n", "é",
    "\u{202E}",
    "sip:", "@",
  ].map { Array($0.utf8) }

  /// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
  private mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(max(1, bound)))
  }
}
