// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

struct OffsetLedgerTests {
  @Test("What may be committed is the lowest unfinished offset, in whatever order work ends")
  func lowestUnfinished() {
    var ledger = OffsetLedger()
    #expect(ledger.toCommit == nil)
    for offset: Int64 in [10, 11, 13] { ledger.begin(offset) }  // 12 is a commit marker
    ledger.finish(13)
    #expect(ledger.toCommit == 10)
    ledger.finish(10)
    #expect(ledger.toCommit == 11)
    ledger.didCommit(11)
    #expect(ledger.toCommit == nil)
    ledger.finish(11)
    #expect(ledger.toCommit == 14)
    ledger.reachedEnd(at: 17)
    #expect(ledger.toCommit == 17)
    #expect(ledger.unfinished == 0)
  }

  @Test("The end of a partition is no reason to commit past what is unfinished")
  func end() {
    var ledger = OffsetLedger()
    ledger.begin(3)
    ledger.reachedEnd(at: 9)
    #expect(ledger.toCommit == 3)
    ledger.finish(3)
    #expect(ledger.toCommit == 9)
  }

  @Test("Long work does not make the ledger forget, and finished work does not stay in it")
  func long() {
    var ledger = OffsetLedger()
    for offset: Int64 in 0..<5_000 {
      ledger.begin(offset)
      if offset > 0 { ledger.finish(offset) }
    }
    #expect(ledger.toCommit == 0)
    #expect(ledger.unfinished == 1)
    ledger.finish(0)
    #expect(ledger.toCommit == 5_000)
    for offset: Int64 in 5_000..<9_000 {
      ledger.begin(offset)
      ledger.finish(offset)
      #expect(ledger.toCommit == offset + 1)
    }
  }
}
