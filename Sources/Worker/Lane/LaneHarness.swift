// SPDX-License-Identifier: Apache-2.0

/// A lane without a thread of its own, on any log: what simulations drive, one turn of the loop at a time.
package final class LaneHarness<Client: LogClient, Clock: LaneClock> {
  private let lane: Lane<Client, Clock>

  /// A lane of its parts; `latestSpaces` is asked between transactions.
  package init(
    settings: LaneSettings,
    rules: EnricherSettings,
    clock: Clock,
    makeClient: @escaping () -> Client,
    latestSpaces: @escaping () -> SpaceTable = { .empty }
  ) {
    lane = Lane(
      settings: settings,
      enricher: Enricher(settings: rules, worker: settings.name),
      clock: clock,
      makeClient: makeClient,
      latestSpaces: latestSpaces
    )
  }

  /// What the lane says of itself now.
  package var status: LaneStatus {
    lane.refreshStatus()
    return lane.status
  }

  /// One turn of the loop, which waits for nothing.
  package func step() { lane.step(longestWait: .zero) }

  /// Ends the lane in good order.
  package func stop() { lane.stop(leaveGroup: true) }
}
