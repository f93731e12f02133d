// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

@Suite("Lane: when a transaction is committed")
struct LaneTransactionTests {
  /// When a transaction is due that begins at `moment`.
  private func due(
    _ moment: Int64,
    after commitBefore: ClosedRange<Int64>?,
    interval: Int,
    isBehind: Bool = false
  ) -> Int64? {
    var settings = LaneSettings(name: "t-0")
    settings.commitInterval = .milliseconds(interval)
    var transaction = LaneTransaction(after: commitBefore)
    #expect(transaction.dueAt(settings) == nil, "nothing to commit")
    let isFirst = transaction.beginsWork(now: moment)
    #expect(isFirst)
    transaction.isBehind = isBehind
    return transaction.dueAt(settings)
  }

  @Test("the first waits for the interval")
  func first() {
    #expect(due(1_000, after: nil, interval: 100) == 1_100)
  }

  @Test("where inputs come all the time the interval goes from commit to commit")
  func underLoad() {
    #expect(due(1_016, after: 1_000...1_015, interval: 100) == 1_100)
    #expect(due(1_099, after: 1_000...1_015, interval: 100) == 1_100)
    #expect(due(1_114, after: 1_000...1_015, interval: 100) == 1_114)
  }

  @Test("what came during a commit longer than the interval goes as soon as the markers may be there")
  func longCommit() {
    #expect(due(1_031, after: 1_000...1_030, interval: 10) == 1_035)
    #expect(due(1_036, after: 1_000...1_030, interval: 10) == 1_036)
    #expect(due(1_099, after: 1_000...1_098, interval: 100) == 1_103)
  }

  @Test("a lane that is behind takes inputs for the whole interval, however long commits take")
  func behind() {
    #expect(due(1_031, after: 1_000...1_030, interval: 10, isBehind: true) == 1_041)
    #expect(due(1_016, after: 1_000...1_015, interval: 100, isBehind: true) == 1_116)
  }

  @Test("after a pause the interval begins anew")
  func pause() {
    #expect(due(1_115, after: 1_000...1_015, interval: 100) == 1_215)
    #expect(due(5_000, after: 1_000...1_015, interval: 100) == 5_100)
  }
}
