// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@testable import PresenceEvents

@Suite(.computing) struct MutationTests {
  /// Whatever a record's bytes are, the decoder reads or refuses them; what it read can be written and read again, and
  /// the next record is not touched by it.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func mutatedEventsAreReadOrRefused(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let decoder = EventDecoder()
    let encoder = EventEncoder()
    var accepted = 0
    var refused = 0
    for round in 0..<25_000 {
      let sample = Sample.all[Int(random.next() % UInt64(Sample.all.count))]
      var bytes = sample.bytes
      for _ in 0...random.next() % 3 { Mutation.apply(to: &bytes, with: &random) }
      do throws(DecodingFailure) {
        let written = try decoder.rewrite(bytes, as: sample.type, with: encoder)
        accepted += 1
        #expect(try decoder.rewrite(written, as: sample.type, with: encoder) == written)
      } catch {
        refused += 1
        #expect(error.message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        #expect(error.message.utf8.count < 600)
      }
      if round % 1_000 == 0 {
        #expect(try decoder.rewrite(sample.bytes, as: sample.type, with: encoder) == sample.bytes)
      }
    }
    #expect(accepted > 500)
    #expect(refused > 500)
  }
}

/// Small damages to a document, of the kinds that find mistakes in parsers.
enum Mutation {
  static func apply(to bytes: inout [UInt8], with random: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    let at = Int(random.next() % UInt64(bytes.count))
    switch random.next() % 7 {
    case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
    case 1: bytes[at] ^= 1 << (random.next() % 8)
    case 2: bytes.remove(at: at)
    case 3: bytes.insert(Self.interesting[Int(random.next() % UInt64(Self.interesting.count))], at: at)
    case 4: bytes.removeSubrange(at..<min(bytes.count, at + Int(random.next() % 30)))
    case 5: bytes.replaceSubrange(at..<at, with: Self.pieces[Int(random.next() % UInt64(Self.pieces.count))].utf8)
    default:
      let end = min(bytes.count, at + Int(random.next() % 40))
      let copy = Array(bytes[at..<end])
      bytes.insert(contentsOf: copy, at: Int(random.next() % UInt64(bytes.count)))
    }
  }

  private static let interesting = Array(#"{}[]",:\0e-.ntfu "#.utf8) + [0, 0x7F, 0x80, 0xC2, 0xE2, 0xF0, 0xFF, 0x0A]
  private static let pieces = [
    #"\u0000"#, #"\ud83d\ude00"#, #"\ud83d"#, #"\u202e"#, "\u{202E}", "null", "true", "1e5", "-0.0",
    "18446744073709551615",
    #"{"a":"#, "[[", #""user":"x","#, "é", "👩‍💻", "@", "sip:", #"\r\n"#,
  ]
}

/// A small generator with a seed (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
