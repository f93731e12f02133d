// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Where a dead letter stands in its topic: `3/17` is offset 17 of partition 3.
struct LetterID: Hashable, Sendable, ExpressibleByArgument {
  var partition: Int32
  var offset: Int64

  init(partition: Int32, offset: Int64) {
    self.partition = partition
    self.offset = offset
  }

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0, offset >= 0
    else { return nil }
    self.init(partition: partition, offset: offset)
  }
}

extension LetterID: Comparable, CustomStringConvertible {
  static func < (left: LetterID, right: LetterID) -> Bool {
    (left.partition, left.offset) < (right.partition, right.offset)
  }

  var description: String { "\(partition)/\(offset)" }
}
