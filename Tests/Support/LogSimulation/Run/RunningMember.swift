// SPDX-License-Identifier: Apache-2.0

/// A member that runs, and what is wrong with its machine.
final class RunningMember {
  let seat: Int
  let host: SimulatedHost
  /// Whether somebody else has its identity by now.
  var isZombie = false
  private(set) var isStepping = false
  private let member: any SteppingMember
  private var pausedUntil: Int64?
  private var cutOffUntil: Int64?
  private var lag: Int64 = 0

  init(seat: Int, host: SimulatedHost, member: any SteppingMember) {
    self.seat = seat
    self.host = host
    self.member = member
  }

  var canStep: Bool { !isStepping && pausedUntil == nil && !host.hasCrashed }

  func step() {
    guard canStep else { return }
    isStepping = true
    host.callsInStep = 0
    member.step()
    isStepping = false
    host.clock.advance(milliseconds: lag)
    lag = 0
  }

  func stop() {
    isStepping = true
    host.callsInStep = 0
    member.stop()
    isStepping = false
  }

  /// Stops the whole process, heartbeats included: a machine that swaps, a virtual machine that is moved.
  func pause(until: Int64) {
    pausedUntil = until
    host.setRunning(false)
  }

  /// Cuts the process off from the log; it runs on.
  func cutOff(until: Int64) {
    cutOffUntil = until
    host.setReachable(false)
  }

  func recover() {
    if pausedUntil != nil { host.setRunning(true) }
    if cutOffUntil != nil { host.setReachable(true) }
    pausedUntil = nil
    cutOffUntil = nil
  }

  /// Lets time pass for its machine; clocks that stand still in a step catch up behind it.
  func advance(milliseconds: Int64, now: Int64, evenInStep: Bool) {
    if isStepping, !evenInStep { lag += milliseconds } else { host.clock.advance(milliseconds: milliseconds) }
    if let until = pausedUntil, until <= now {
      pausedUntil = nil
      host.setRunning(true)
    }
    if let until = cutOffUntil, until <= now {
      cutOffUntil = nil
      host.setReachable(true)
    }
  }
}
