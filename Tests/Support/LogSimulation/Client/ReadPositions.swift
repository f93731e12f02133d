// SPDX-License-Identifier: Apache-2.0

import Worker

/// Where a reader stands in each of its partitions.
struct ReadPositions {
  struct Place {
    let partition: LogPartition
    /// The offset of the next record.
    var next: Int64
    /// The end that was reported last. librdkafka reports an end once, and again when the position has moved.
    var reportedEnd: Int64?
  }

  private(set) var places: [Place] = []

  mutating func assign(_ positions: [LogPosition]) {
    places = positions.map { Place(partition: $0.partition, next: $0.offset ?? 0) }
  }

  mutating func move(_ index: Int, to offset: Int64) {
    places[index].next = offset
  }

  /// Moves a place to its partition's end; nil where that end was reported before.
  mutating func reachEnd(_ index: Int, at end: Int64) -> Int64? {
    places[index].next = max(places[index].next, end)
    guard places[index].reportedEnd != places[index].next else { return nil }
    places[index].reportedEnd = places[index].next
    return places[index].next
  }
}
