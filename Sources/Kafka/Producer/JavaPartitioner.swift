// SPDX-License-Identifier: Apache-2.0

/// The partitioner of Java's Kafka client: murmur2 of the key's bytes.
///
/// librdkafka has it as `murmur2_random`; here it serves to check that a record lies where its key belongs.
public enum JavaPartitioner {
  /// The partition of a key; an empty key has one too, a null key has none.
  ///
  /// - Parameters:
  ///   - key: the key's bytes.
  ///   - count: the number of the topic's partitions, at least 1.
  public static func partition(ofKey key: UnsafeRawBufferPointer, count: Int32) -> Int32 {
    (murmur2(key) & 0x7fff_ffff) % count
  }

  /// murmur2 with Java's seed, as a signed number.
  public static func murmur2(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    let multiplier: UInt32 = 0x5bd1_e995
    let length = bytes.count
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: length)
    var index = 0
    while index + 4 <= length {
      var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      word &*= multiplier
      word ^= word >> 24
      word &*= multiplier
      hash &*= multiplier
      hash ^= word
      index += 4
    }
    let rest = length - index
    if rest > 0 {
      if rest >= 3 { hash ^= UInt32(bytes[index + 2]) << 16 }
      if rest >= 2 { hash ^= UInt32(bytes[index + 1]) << 8 }
      hash ^= UInt32(bytes[index])
      hash &*= multiplier
    }
    hash ^= hash >> 13
    hash &*= multiplier
    hash ^= hash >> 15
    return Int32(bitPattern: hash)
  }
}
