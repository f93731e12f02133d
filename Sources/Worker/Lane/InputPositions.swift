// SPDX-License-Identifier: Apache-2.0

/// Where a lane stands in its inputs, and what of that the log knows.
struct InputPositions {
  private struct Place {
    var next: Int64?
    var isDirty = false
  }

  private static let inputs = LogTopic.enricherInputs.count
  private var places: [Place] = []
  private(set) var dirtyCount = 0

  /// Forgets everything and makes room for partitions up to `count`.
  mutating func reset(count: Int32) {
    places = Array(repeating: Place(), count: Int(count) * InputPositions.inputs)
    dirtyCount = 0
  }

  private func index(_ topic: LogTopic, _ partition: Int32) -> Int {
    Int(partition) * InputPositions.inputs + Int(topic.rawValue)
  }

  /// The offset of the next record; nil while it is not known.
  subscript(_ topic: LogTopic, _ partition: Int32) -> Int64? {
    places[index(topic, partition)].next
  }

  /// Sets what the log has committed.
  mutating func setCommitted(_ position: LogPosition) {
    let index = index(position.partition.topic, position.partition.partition)
    if places[index].isDirty { dirtyCount -= 1 }
    places[index] = Place(next: position.offset)
  }

  /// Moves on to `next`; positions never go back.
  mutating func advance(_ topic: LogTopic, _ partition: Int32, to next: Int64) {
    let index = index(topic, partition)
    if let known = places[index].next, known >= next { return }
    places[index].next = next
    if !places[index].isDirty {
      places[index].isDirty = true
      dirtyCount += 1
    }
  }

  /// The positions that a transaction commits: whatever has moved, and for each touched partition at least one, since a
  /// transaction that sends none is not fenced.
  func forCommit(of partitions: [Int32], touched: (Int32) -> Bool) -> [LogPosition] {
    var result: [LogPosition] = []
    for partition in partitions {
      var unchanged: LogPosition?
      let before = result.count
      for topic in LogTopic.enricherInputs {
        let place = places[index(topic, partition)]
        guard let next = place.next else { continue }
        let position = LogPosition(LogPartition(topic, partition), offset: next)
        if place.isDirty { result.append(position) } else { unchanged = position }
      }
      if result.count == before, touched(partition), let unchanged { result.append(unchanged) }
    }
    return result
  }

  /// Notes that everything is committed.
  mutating func didCommit() {
    guard dirtyCount > 0 else { return }
    for index in places.indices { places[index].isDirty = false }
    dirtyCount = 0
  }
}
