// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import PresenceModel
import Worker

/// The worker's own lane as a member of a simulation, with a reader of the spaces like a process has one.
final class LaneMember: SteppingMember {
  private let host: SimulatedHost
  private let lane: LaneHarness<SimulatedLogClient, ManualLaneClock>
  private let clients: ClientsOfMember

  init(host: SimulatedHost, settings: EnricherSettings, commitInterval: Duration = .milliseconds(30)) {
    var laneSettings = LaneSettings(name: host.clientID)
    laneSettings.commitInterval = commitInterval
    laneSettings.transactionTimeout = .milliseconds(host.timeouts.transaction)
    laneSettings.storeKeeping = .seconds(86_400)
    let spaces = SpacesOfProcess(host)
    let clients = ClientsOfMember()
    self.host = host
    self.clients = clients
    lane = LaneHarness(
      settings: laneSettings,
      rules: settings,
      clock: host.clock,
      makeClient: {
        let client = host.makeClient()
        clients.latest = client
        return client
      },
      latestSpaces: { spaces.latest() },
      onTimer: { clients.note($0) },
      onRollback: { clients.latest?.forgetTimerWork() }
    )
  }

  func step() {
    lane.step()
    clients.latest?.noteEndOfStep()
    if !lane.hasWork { clients.latest?.keepTimerWork() }
  }

  func stop() { lane.stop() }
}

/// The member's client, to which it says what its timers did.
private final class ClientsOfMember {
  var latest: SimulatedLogClient?

  func note(_ work: TimerWork) {
    func text(_ text: String) -> String? { text.isEmpty ? nil : text }
    let lapsed = work.lapsed.map {
      CommittedTransaction.TimerWork.Origin(imAddress: text($0.address), source: $0.source, device: text($0.device))
    }
    latest?.note(
      CommittedTransaction.TimerWork(
        user: work.user,
        creation: work.creation,
        version: Int(work.version),
        lapsed: lapsed
      ),
      partition: work.partition,
      at: Timestamp(milliseconds: work.wall)
    )
  }
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
