// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel

@testable import Worker

/// The worker's own lane as a member of a simulation.
final class LaneMember: SteppingMember {
  private let lane: Lane<SimulatedLogClient, ManualLaneClock>
  private let host: SimulatedHost

  init(host: SimulatedHost, settings: EnricherSettings, commitInterval: Duration = .milliseconds(30)) {
    self.host = host
    var laneSettings = LaneSettings(name: host.clientID)
    laneSettings.commitInterval = commitInterval
    laneSettings.transactionTimeout = .milliseconds(host.timeouts.transaction)
    laneSettings.storeKeeping = .seconds(86_400)
    lane = Lane(
      settings: laneSettings,
      enricher: Enricher(settings: settings, worker: host.clientID),
      clock: host.clock,
      makeClient: { host.makeClient() }
    )
  }

  func step() { lane.step(longestWait: .zero) }

  func stop() { lane.stop(leaveGroup: true) }
}
