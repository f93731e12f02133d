// SPDX-License-Identifier: Apache-2.0

import Kafka
import Testing

@Suite("Java's partitioner")
struct JavaPartitionerTests {
  /// The vectors of `UtilsTest.testMurmur2` in Apache Kafka.
  @Test(
    "hashes as Java's client does",
    arguments: [
      ("21", -973_932_308),
      ("foobar", -790_332_482),
      ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
      ("abc", 479_470_107),
    ] as [(String, Int32)]
  )
  func murmur2(text: String, hash: Int32) {
    #expect(Array(text.utf8).withUnsafeBytes { JavaPartitioner.murmur2($0) } == hash)
  }

  @Test("drops the sign before it divides", arguments: [("21", 7), ("foobar", 12), ("abc", 3)] as [(String, Int32)])
  func partition(key: String, count: Int32) {
    let bytes = Array(key.utf8)
    let hash = bytes.withUnsafeBytes { JavaPartitioner.murmur2($0) }
    let expected = Int32((Int64(hash) & 0x7fff_ffff) % Int64(count))
    #expect(bytes.withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: count) } == expected)
  }

  @Test("gives an empty key a partition")
  func emptyKey() {
    // murmur2 of nothing with Java's seed is 275646681.
    #expect(JavaPartitioner.murmur2(UnsafeRawBufferPointer(start: nil, count: 0)) == 275_646_681)
  }
}
