// SPDX-License-Identifier: Apache-2.0

import LaneSimulation
import LogSimulation
import TestSupport
import Testing

/// The worker's lanes on the simulated log.
@Suite(.computing) struct LaneTests {
  @Test func publishesExactlyWhatTheContractSaysWhateverBreaks() {
    let search = SeedSearch(test: "LaneTests/publishesExactlyWhatTheContractSaysWhateverBreaks", seeds: 1_500)
    var coverage = SimulationCoverage()
    let finding = search.firstFailure {
      LaneModelRun.plan(seed: $0)
    } run: { plan, trace throws(SimulationFailure) in
      var run = try LaneModelRun(plan, trace: trace)
      try run.run()
      coverage.add(run.coverage)
    }
    #expect(finding == nil)
    if !search.isSingle { #expect(coverage.missing == []) }
  }
}
