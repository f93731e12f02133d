// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// The worker's own lane as a member of a simulation, with a reader of the spaces like a process has one.
final class LaneMember: SteppingMember {
  private let lane: LaneHarness<SimulatedLogClient, ManualLaneClock>

  init(host: SimulatedHost, settings: EnricherSettings, commitInterval: Duration = .milliseconds(30)) {
    var laneSettings = LaneSettings(name: host.clientID)
    laneSettings.commitInterval = commitInterval
    laneSettings.transactionTimeout = .milliseconds(host.timeouts.transaction)
    laneSettings.storeKeeping = .seconds(86_400)
    let spaces = SpacesOfProcess(host)
    lane = LaneHarness(
      settings: laneSettings,
      rules: settings,
      clock: host.clock,
      makeClient: { host.makeClient() },
      latestSpaces: { spaces.latest() }
    )
  }

  func step() { lane.step() }

  func stop() { lane.stop() }
}

/// The table of spaces that a process has read: whole at its start, later as of some moment that is not long ago.
private final class SpacesOfProcess {
  private let host: SimulatedHost
  private var builder = SpaceTableBuilder()
  private var position: Int64 = 0
  private var isFirst = true
  private var table = SpaceTable.empty

  init(_ host: SimulatedHost) { self.host = host }

  func latest() -> SpaceTable {
    if isFirst || host.takesItsTurn() {
      isFirst = false
      host.readCommitted(LogPartition(.portalSpaces, 0), from: &position) { record in _ = builder.take(record) }
      table = builder.table
    }
    host.note = table.version
    return table
  }
}
