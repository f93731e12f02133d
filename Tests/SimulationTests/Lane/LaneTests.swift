// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Testing

/// The worker's lanes on the simulated log.
@Suite struct LaneTests {
  @Test func publishesExactlyWhatTheContractSaysWhateverBreaks() {
    let search = SeedSearch(test: "LaneTests/publishesExactlyWhatTheContractSaysWhateverBreaks", seeds: 2_000)
    let finding = search.firstFailure { seed, trace throws(SimulationFailure) in
      try LaneModelRun(seed: seed, trace: trace).run()
    }
    #expect(finding == nil)
  }
}
