// SPDX-License-Identifier: Apache-2.0

/// Durations counted by size, in plain arrays: cheap enough for the thread of a lane.
public struct DurationHistogram: Sendable, Equatable {
  /// The upper bounds in milliseconds, rising.
  public let bounds: [Int64]
  /// How many were above the bound before and not above this one; behind the last bound the rest.
  public private(set) var counts: [Int]
  /// The sum in milliseconds.
  public private(set) var sum: Int64 = 0

  init(bounds: [Int64]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// The number of durations.
  public var count: Int { counts.reduce(0, +) }

  mutating func record(milliseconds: Int64) {
    var index = 0
    while index < bounds.count, milliseconds > bounds[index] { index += 1 }
    counts[index] += 1
    sum += milliseconds
  }

  /// Takes over the numbers of another histogram of the same bounds, without new memory.
  mutating func copy(from other: DurationHistogram) {
    for index in counts.indices { counts[index] = other.counts[index] }
    sum = other.sum
  }

  /// How long something takes: from a millisecond to half a minute.
  static var latencies: DurationHistogram {
    DurationHistogram(bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000])
  }

  /// How old something is: from a twentieth of a second to two hours.
  static var ages: DurationHistogram {
    DurationHistogram(
      bounds: [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000, 7_200_000]
    )
  }
}
