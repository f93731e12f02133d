// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

struct DriftWarningTests {
  @Test("Agents that drift apart are warned of after a few seconds, then once a minute at most")
  func drift() {
    var drift = DriftWarning()
    #expect(drift.due(0, now: 0) == nil)
    var warnings: [(at: Int64, count: Int)] = []
    for second in 1...130 {
      if let count = drift.due(second * 10, now: Int64(second) * 1_000) { warnings.append((Int64(second), count)) }
    }
    #expect(warnings.map(\.at) == [6, 66, 126])
    #expect(warnings.map(\.count) == [60, 600, 600])
  }

  @Test("The moments in which a change reaches one process after the other are not worth a warning")
  func change() {
    var drift = DriftWarning()
    #expect(drift.due(5, now: 1_000) == nil)
    #expect(drift.due(9, now: 3_000) == nil)
    for second: Int64 in 4...200 { #expect(drift.due(9, now: second * 1_000) == nil) }
    #expect(drift.due(12, now: 201_000) == nil, "another change, some minutes later")
    #expect(drift.due(20, now: 206_500) == 11)
  }
}
