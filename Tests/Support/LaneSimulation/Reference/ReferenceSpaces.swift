// SPDX-License-Identifier: Apache-2.0

import LogSimulation

/// The spaces as of each of their records.
struct ReferenceSpaces {
  struct Space {
    var isEnabled: Bool
    var services: [String]
  }

  private var tables: [(version: Int64, spaces: [String: Space])] = [(0, [:])]

  init(_ records: [StoredRecord]) {
    var spaces: [String: Space] = [:]
    for record in records {
      if let event = ReferenceEvent(record.content.value) {
        spaces[record.keyText] = Space(
          isEnabled: event.flag("impEnabled") ?? true,
          services: event.list("services") ?? []
        )
      } else if record.content.value == nil {
        spaces[record.keyText] = nil
      }
      tables.append((record.offset + 1, spaces))
    }
  }

  /// The table of a version: of everything before that offset.
  subscript(version: Int64) -> [String: Space] {
    tables.last { $0.version <= version }?.spaces ?? [:]
  }
}
