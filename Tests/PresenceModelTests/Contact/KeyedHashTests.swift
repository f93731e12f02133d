// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct KeyedHashTests {
  /// The key of the reference implementation's vectors: the bytes 00 to 0F.
  private let key = KeyedHash.Key(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)

  private func hash(_ bytes: [UInt8], _ other: [UInt8]? = nil) -> KeyedHash {
    bytes.withUnsafeBytes { bytes in
      guard let other else { return KeyedHash(ByteView(bytes), key: key) }
      return other.withUnsafeBytes { KeyedHash(ByteView(bytes), ByteView($0), key: key) }
    }
  }

  /// The input is the bytes 00, 01, … of that number; the values are those of OpenSSL's `SIPHASH` with `size:16`.
  @Test(arguments: [
    (0, "A3817F04BA25A8E66DF67214C7550293"),
    (1, "DA87C1D86B99AF44347659119B22FC45"),
    (7, "A1F1EBBED8DBC153C0B84AA61FF08239"),
    (8, "3B62A9BA6258F5610F83E264F31497B4"),
    (15, "5493E99933B0A8117E08EC0F97CFC3D9"),
    (16, "6EE2A4CA67B054BBFD3315BF85230577"),
    (17, "473D06E8738DB89854C066C47AE47740"),
    (63, "5150D1772F50834A503E069A973FBD7C"),
  ])
  func theHashIsSipHash(_ count: Int, _ expected: String) {
    let hash = hash((0..<count).map { UInt8($0) })
    let bytes = [hash.first, hash.second].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    #expect(text == expected)
  }

  @Test func aPairIsNotItsConcatenation() {
    let pairs: [([UInt8], [UInt8])] = [
      ([1, 2], [3]), ([1], [2, 3]), ([1, 2, 3], []), ([], [1, 2, 3]), ([3], [1, 2]), ([], []),
    ]
    #expect(Set(pairs.map { hash($0.0, $0.1) }).count == pairs.count)
  }

  @Test func anotherKeyIsAnotherHash() {
    var generator = SeededGenerator(seed: 3)
    let view = ByteView("request-1")
    let keys = (0..<100).map { _ in KeyedHash.Key(from: &generator) }
    #expect(Set(keys.map { KeyedHash(view, key: $0) }).count == keys.count)
  }

  @Test func theAlignmentOfTheBytesDoesNotMatter() {
    let text = Array("a request id of some length".utf8)
    let hashes = (0..<8).map { offset in
      ([UInt8](repeating: 0, count: offset) + text).withUnsafeBytes {
        KeyedHash(ByteView($0)[offset..<offset + text.count], key: key)
      }
    }
    #expect(Set(hashes).count == 1)
  }
}
