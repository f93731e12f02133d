// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

extension Enricher {
  /// Looks at a user whose timer is due: lapsed leases (presence rule 7), refreshes (rule 4), old markers of deletion,
  /// and snapshots that another configuration made.
  func timerIsDue<Sink: EnricherSink>(for id: UserTable.UserID, _ store: PartitionStore, now: LaneTime, sink: Sink) {
    guard var state = state(id, in: store) else { return }
    if state.flags.contains(.deleted) {
      // Taking the marker out is no change that anybody could see, so it needs no undo. One of a running transaction
      // is left alone until that has ended.
      let age = now.wall.milliseconds - state.deletedAt
      if age >= settings.deletionMemory.milliseconds, !store.users.isChanged(id) {
        store.users.remove(id)
      } else {
        armTimers(of: state, id: id, store, now: now.monotonic)
      }
      return
    }

    var context = InputContext(
      partition: store.partition,
      topic: .presenceSnapshots,
      offset: 0,
      timestamp: now.wall,
      now: now
    )
    let before = settings.coalesce ? nil : projection(of: state)
    let origin = timerObserver == nil ? nil : TimerWork(state, store.partition, now)
    let lapsed = lapseLeases(of: &state, store, now: now.monotonic)
    let refreshed = refresh(&state, &context, sink: sink)
    guard lapsed || refreshed || state.flags.contains(.outdated) else {
      armTimers(of: state, id: id, store, now: now.monotonic)
      return
    }
    if let timerObserver, var work = origin {
      let lapsed = work.live.filter { state.readings[$0].standing == .lapsed }
      work.lapsed = lapsed.map { TimerWork.Origin(state.readings[$0]) }
      timerObserver(work)
    }
    finish(&state, id: id, before: before, store, &context, sink: sink)
  }

  /// Takes readings out whose lease ran out and whose partition was read to its end after that.
  private func lapseLeases(of state: inout UserState, _ store: PartitionStore, now: Int64) -> Bool {
    var lapsed = false
    for index in 0..<state.readings.count {
      let reading = state.readings[index]
      guard reading.leaseSeconds > 0, reading.standing == .live, let since = store.caughtUpSince else { continue }
      let deadline = leaseDeadline(of: reading, caughtUpSince: since)
      guard deadline <= now else { continue }
      guard deadline <= store.confirmedAt else {
        store.wantsConfirmation = true
        continue
      }
      state.readings[index].standing = .lapsed
      counters.lapsed += 1
      lapsed = true
      // Whoever is interested was content with the push; from now on only asking tells.
      if state.interest.until > now { state.interest.refreshAt = now }
    }
    return lapsed
  }

  private func leaseDeadline(of reading: Reading, caughtUpSince since: Int64) -> Int64 {
    max(reading.renewedAt, since) + Int64(reading.leaseSeconds) * 1_000 + settings.leaseGrace.milliseconds
  }

  /// Asks again for a user in whom somebody is interested and whose looked-up state is about to be stale.
  private func refresh<Sink: EnricherSink>(
    _ state: inout UserState,
    _ context: inout InputContext,
    sink: Sink
  ) -> Bool {
    let now = context.now
    guard state.interest.refreshAt != 0, state.interest.refreshAt <= now.monotonic else { return false }
    state.interest.refreshAt = 0
    guard state.interest.until > now.monotonic else {
      state.interest = UserState.Interest()
      return true
    }
    let winner = state.winningReading(settings.policy)
    let isPushed = winner.map { !$0.isLookedUp } ?? false
    let disabled = state.flags.contains(.presenceDisabled) || !settings.presenceEnabled
    guard !isPushed, !disabled, state.claim != UserState.noClaim else { return true }
    requestLookup(
      of: &state,
      reason: .interest,
      notOlderThan: now.wall,
      deadline: now.wall.adding(milliseconds: settings.lookupTimeout.milliseconds),
      &context,
      sink: sink
    )
    return true
  }

  /// Arms a user's timer for whatever is due first.
  func armTimers(of state: UserState, id: UserTable.UserID, _ store: PartitionStore, now: Int64) {
    var deadline = Int64.max
    if state.flags.contains(.deleted) {
      deadline = now + settings.deletionMemory.milliseconds
    }
    if state.interest.refreshAt != 0 { deadline = min(deadline, state.interest.refreshAt) }
    if state.flags.contains(.outdated) { deadline = min(deadline, now + 100 + outdatedDelay(of: id)) }
    for reading in state.readings.buffer where reading.leaseSeconds > 0 && reading.standing == .live {
      let due = leaseDeadline(of: reading, caughtUpSince: store.caughtUpSince ?? now)
      // A lease that is due but not confirmed is looked at again soon; the watermark is asked for meanwhile.
      deadline = min(deadline, max(due, now + 250))
    }
    if deadline != .max { store.timers.arm(id, at: deadline) }
  }
}

/// What a timer did to a user.
package struct TimerWork {
  /// A reading's origin; empty texts for none.
  package struct Origin {
    package let address: String
    package let source: String
    package let device: String

    init(_ reading: Reading) {
      address = reading.address.string
      source = reading.source.string
      device = reading.device.string
    }
  }

  package let user: String
  package let partition: Int32
  /// Which state it looked at: when the user became known, and the version that was published last.
  package let creation: Int64
  package let version: Int64
  /// When, in milliseconds of the wall clock.
  package let wall: Int64
  /// The readings whose lease ran out.
  package internal(set) var lapsed: [Origin] = []
  /// The readings that were live before, by their places.
  let live: [Int]

  init(_ state: UserState, _ partition: Int32, _ now: LaneTime) {
    user = state.user.string
    self.partition = partition
    creation = state.creation
    version = state.version
    wall = now.wall.milliseconds
    live = (0..<state.readings.count).filter { state.readings[$0].standing == .live }
  }
}
