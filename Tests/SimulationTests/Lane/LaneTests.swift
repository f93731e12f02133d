// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Testing

@Suite struct LaneTests {
  @Test func smoke() {
    let search = SeedSearch(test: "LaneTests/smoke", seeds: 2_000)
    let finding = search.firstFailure { seed, trace throws(SimulationFailure) in
      try LaneSmokeRun(seed: seed, trace: trace).run()
    }
    #expect(finding == nil)
  }
}
