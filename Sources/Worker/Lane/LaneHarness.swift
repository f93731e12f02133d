// SPDX-License-Identifier: Apache-2.0

/// A lane without a thread of its own, on any log: what simulations drive, one turn of the loop at a time.
package final class LaneHarness<Client: LogClient, Clock: LaneClock> {
  private let lane: Lane<Client, Clock>

  /// A lane of its parts; `latestSpaces` is asked between transactions. `onTimer` is told of what timers do in the running
  /// transaction, `onRollback` that a transaction is taken back.
  package init(
    settings: LaneSettings,
    rules: EnricherSettings,
    clock: Clock,
    makeClient: @escaping () -> Client,
    latestSpaces: @escaping () -> SpaceTable = { .empty },
    onTimer: ((TimerWork) -> Void)? = nil,
    onRollback: @escaping () -> Void = {}
  ) {
    let enricher = Enricher(settings: rules, worker: settings.name)
    enricher.timerObserver = onTimer
    lane = Lane(
      settings: settings,
      enricher: enricher,
      clock: clock,
      makeClient: makeClient,
      latestSpaces: latestSpaces,
      report: { if case .transactionFailed = $0 { onRollback() } }
    )
  }

  /// What the lane says of itself now.
  package var status: LaneStatus {
    lane.refreshStatus()
    return lane.status
  }

  /// Whether a transaction is under way that is neither the truth yet nor taken back.
  package var hasWork: Bool { lane.transaction.hasWork }

  /// One turn of the loop, which waits for nothing.
  package func step() { lane.step(longestWait: .zero) }

  /// Ends the lane in good order.
  package func stop() { lane.stop(leaveGroup: true) }
}
