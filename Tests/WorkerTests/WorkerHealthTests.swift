// SPDX-License-Identifier: Apache-2.0

import Foundation
import PresenceModel
import Testing

@testable import Worker

@Suite("Health", .timeLimit(.minutes(20)))
struct WorkerHealthTests {
  private let board = StatusBoard()
  private let start: Int64 = 1_000_000

  private func health(after seconds: Double) -> WorkerHealth {
    WorkerHealth(board, now: start + Int64(seconds * 1_000))
  }

  /// A lane that was at work at the start, and came round then.
  private func runningLane(_ number: Int = 0) -> (LaneStatus, Heartbeat) {
    let heartbeat = board.addLane(number)
    heartbeat.beat(at: start)
    var status = LaneStatus()
    status.phase = .running
    status.lastReadyAt = start
    board.set(status, lane: number)
    board.set(spacesVersion: 1)
    return (status, heartbeat)
  }

  @Test("a worker that waits for the spaces is alive and started, and says what it waits for")
  func waitsForSpaces() {
    _ = board.addLane(0)
    let health = health(after: 10_000)
    #expect(health.livenessProblems.isEmpty)
    #expect(health.startProblems.isEmpty)
    #expect(health.readinessProblems == ["the spaces have not been read yet"])
  }

  @Test("a worker whose lanes have not begun has not started")
  func notStarted() {
    _ = board.addLane(0)
    board.set(spacesVersion: 0)
    #expect(health(after: 0).startProblems == ["lane 0 has not begun"])
    _ = board.addResolver()
    #expect(health(after: 0).startProblems == ["lane 0 has not begun", "the resolver has not begun"])
  }

  @Test("a long restore is alive and started, not ready, and says how far it is")
  func restoring() {
    var (status, heartbeat) = runningLane()
    status.phase = .restoring
    status.lastReadyAt = nil
    status.restore = (1_200, 50_000)
    board.set(status, lane: 0)
    heartbeat.beat(at: start + 3_600_000)
    let health = health(after: 3_600)
    #expect(health.livenessProblems.isEmpty)
    #expect(health.startProblems.isEmpty)
    #expect(health.readinessProblems == ["lane 0 restores its state: 1200 of about 50000 records"])
  }

  @Test("a rebalance that is over within ten seconds does not show; a longer one does")
  func rebalance() {
    var (status, heartbeat) = runningLane()
    for phase in [LaneStatus.Phase.joining, .restoring, .catchingUp] {
      status.phase = phase
      board.set(status, lane: 0)
      heartbeat.beat(at: start + 9_000)
      #expect(health(after: 9).readinessProblems.isEmpty, "\(phase)")
      heartbeat.beat(at: start + 11_000)
      #expect(health(after: 11).readinessProblems.count == 1, "\(phase)")
    }
  }

  @Test("a fault shows at once, whatever the lane was before: fencing, topics that do not fit")
  func fault() {
    var (status, _) = runningLane()
    status.phase = .joining
    status.fault = "two workers share the id w-0"
    board.set(status, lane: 0)
    #expect(health(after: 0).readinessProblems == ["lane 0: two workers share the id w-0"])
    #expect(health(after: 0).livenessProblems.isEmpty)
  }

  @Test("a lane whose transactions all fail is not ready after ten seconds, though it joins and restores in between")
  func everyTransactionFails() {
    var (status, heartbeat) = runningLane()
    status.failingSince = start
    status.failure = "Kafka delivery: MSG_SIZE_TOO_LARGE"
    for phase in [LaneStatus.Phase.restoring, .catchingUp, .running] {
      status.phase = phase
      status.lastReadyAt = start + 11_000
      status.lastContactAt = start + 11_000
      board.set(status, lane: 0)
      heartbeat.beat(at: start + 9_000)
      #expect(health(after: 9).readinessProblems.isEmpty, "\(phase)")
      heartbeat.beat(at: start + 11_000)
      let health = health(after: 11)
      #expect(
        health.readinessProblems
          == ["lane 0 has committed no transaction for 11 s: Kafka delivery: MSG_SIZE_TOO_LARGE"],
        "\(phase)"
      )
      #expect(health.livenessProblems.isEmpty, "\(phase)")
    }
  }

  @Test("brokers that do not answer make a lane unready and leave it alive; their return mends it")
  func outage() {
    var (status, heartbeat) = runningLane()
    status.lastContactAt = start
    board.set(status, lane: 0)
    heartbeat.beat(at: start + 120_000)
    let outage = health(after: 120)
    #expect(outage.livenessProblems.isEmpty)
    #expect(outage.readinessProblems == ["lane 0 has had no answer of the brokers for 120 s"])
    status.lastContactAt = start + 120_000
    board.set(status, lane: 0)
    #expect(health(after: 120).readinessProblems.isEmpty)
  }

  @Test("a lane that cannot connect again is not ready after ten seconds, and says why")
  func cannotConnect() {
    var (status, heartbeat) = runningLane()
    status.phase = .disconnected
    status.connectionFailure = "all brokers are down"
    board.set(status, lane: 0)
    heartbeat.beat(at: start + 9_000)
    #expect(health(after: 9).readinessProblems.isEmpty)
    heartbeat.beat(at: start + 11_000)
    #expect(health(after: 11).readinessProblems == ["lane 0 is not connected: all brokers are down"])
    #expect(health(after: 11).livenessProblems.isEmpty)
  }

  @Test("one lane of several, or the resolver alone, makes the worker unready")
  func severalParts() {
    _ = runningLane(0)
    _ = runningLane(1)
    let heartbeat = board.addResolver()
    heartbeat.beat(at: start)
    #expect(health(after: 0).readinessProblems == ["the resolver is not a member of its group yet"])
    var resolver = ResolverStatus()
    resolver.isReady = true
    board.set(resolver)
    #expect(health(after: 0).readinessProblems.isEmpty)
    var stopped = LaneStatus()
    stopped.phase = .stopped
    board.set(stopped, lane: 1)
    #expect(health(after: 0).readinessProblems == ["lane 1 is stopped"])
  }

  @Test(
    "a lane that hangs in a call of its log is first unready and then not alive, and recovers when the call returns"
  )
  func stuckLane() async throws {
    let clock = TurnedClock(monotonic: start)
    let heartbeat = board.addLane(0)
    let client = StuckLogClient()
    board.set(spacesVersion: 0)
    let lane = StuckLane(client, clock, heartbeat)
    let turn = lane.beginTurn()
    await client.waitUntilCalled()

    #expect(health(after: 9).readinessProblems.isEmpty == false, "it has not joined")
    #expect(health(after: 60).readinessProblems == ["lane 0 has been in one turn for 60 s"])
    #expect(health(after: 60).livenessProblems.isEmpty)
    #expect(health(after: 121).livenessProblems == ["lane 0 has been in one turn for 121 s"])

    clock.set(start + 121_000)
    client.release()
    await turn.value
    await lane.beginTurn().value
    #expect(health(after: 121).livenessProblems.isEmpty)
  }

  @Test("a resolver that hangs is not alive")
  func stuckResolver() {
    board.addResolver().beat(at: start)
    var status = ResolverStatus()
    status.isReady = true
    board.set(status)
    #expect(health(after: 1).readinessProblems.isEmpty)
    #expect(health(after: 121).livenessProblems == ["the resolver has been in one turn for 121 s"])
  }
}

/// A lane on a log whose poll hangs, and the thread of its turns.
private final class StuckLane: @unchecked Sendable {  // one turn at a time, each awaited before the next
  private let lane: Lane<StuckLogClient, TurnedClock>
  private let queue = DispatchQueue(label: "stuck lane")

  init(_ client: StuckLogClient, _ clock: TurnedClock, _ heartbeat: Heartbeat) {
    lane = Lane(
      settings: LaneSettings(name: "stuck"),
      enricher: Enricher(settings: EnricherSettings(), worker: "stuck"),
      clock: clock,
      makeClient: { client },
      heartbeat: heartbeat
    )
  }

  func beginTurn() -> Task<Void, Never> {
    Task {
      await withCheckedContinuation { continuation in
        queue.async {
          self.lane.step()
          continuation.resume()
        }
      }
    }
  }
}
