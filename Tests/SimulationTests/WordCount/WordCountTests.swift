// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import TestSupport
import Testing
import Worker

/// Proves the simulation on a lane that is small enough to be read at a glance.
@Suite(.computing) struct WordCountTests {
  @Test func countsEveryWordExactlyOnceWhateverBreaks() {
    let search = SeedSearch(test: "WordCountTests/countsEveryWordExactlyOnceWhateverBreaks", seeds: 1_500)
    let finding = search.firstFailure {
      WordCountRun.plan(seed: $0)
    } run: { plan, trace throws(SimulationFailure) in
      try WordCountRun(plan, trace: trace).run()
    }
    #expect(finding == nil)
  }

  @Test func losesNoWordWithoutTransactions() {
    let search = SeedSearch(test: "WordCountTests/losesNoWordWithoutTransactions", seeds: 500)
    let finding = search.firstFailure {
      WordCountRun.plan(seed: $0, isTransactional: false)
    } run: { plan, trace throws(SimulationFailure) in
      try WordCountRun(plan, trace: trace).run()
    }
    #expect(finding == nil)
  }

  @Test(arguments: WordCountLane.Mutation.allCases)
  func aMistakeIsFoundWithinABoundedNumberOfSeeds(_ mutation: WordCountLane.Mutation) {
    let search = SeedSearch.bounded(test: "WordCountTests", seeds: 30_000)
    let finding = search.firstFailure({ WordCountRun.plan(seed: $0) }, shrinks: false) {
      plan,
      trace throws(SimulationFailure) in
      try WordCountRun(plan, trace: trace, mutation: mutation).run()
    }
    #expect(finding != nil)
  }

  @Test func aFailureIsMadeSmallEnoughToBeRead() throws {
    let finding = try #require(
      SeedSearch.bounded(test: "WordCountTests", seeds: 5_000).firstFailure {
        WordCountRun.plan(seed: $0)
      } run: {
        plan,
        trace throws(SimulationFailure) in
        try WordCountRun(plan, trace: trace, mutation: .forgetsUndo).run()
      }
    )
    // A word, an abort, and a lane: whatever else was in the seed's plan has nothing to do with it.
    #expect(finding.plan.configuration.script.count <= 3)
    #expect(finding.plan.configuration.members == 1)
    let strengths = FaultProfile.strengths.filter { finding.plan.configuration.faults[keyPath: $0.path] > 0 }
    #expect(strengths.count <= FaultProfile.strengths.count / 3)
    #expect(throws: SimulationFailure.self) {
      try WordCountRun(finding.plan, trace: SimulationTrace(isRecording: false), mutation: .forgetsUndo).run()
    }
  }

  @Test func theSameSeedIsTheSameHistory() throws {
    for seed in UInt64(1)...20 {
      let first = SimulationTrace(isRecording: true)
      let second = SimulationTrace(isRecording: true)
      try WordCountRun(WordCountRun.plan(seed: seed), trace: first).run()
      try WordCountRun(WordCountRun.plan(seed: seed), trace: second).run()
      #expect(first.lines == second.lines)
      #expect(!first.lines.isEmpty)
    }
  }

  @Test func aLaneThatStandsStillIsReportedAsNoProgress() {
    final class Idler: SteppingMember {
      func step() {}
      func stop() {}
    }
    var configuration = SimulationConfiguration()
    configuration.script = [SimulatedInput([RecordContent(key: "a", value: "")], to: LogPartition(.presenceChanges, 0))]
    configuration.maximumTurns = 200
    let scheduler = SimulationScheduler(seed: 1, configuration: configuration) { _ in Idler() }
    #expect(throws: SimulationFailure.self) { try scheduler.run() }
  }
}
