// SPDX-License-Identifier: Apache-2.0

import PresenceModel
public import Worker

/// A client of the simulated log: a group consumer, a producer and a second reader, like the real one but without
/// threads: nothing blocks, and what librdkafka does in the background happens inside of the calls.
///
/// Every call is a place where the process may crash (before or behind the effect), where others may get a turn, and
/// where the log may be out of reach. What no client may do is reported to the log as a violation.
public final class SimulatedLogClient: LogClient {
  /// The records that it reads.
  public typealias Record = SimulatedRecord

  enum Life { case new, connected, discarded, closed }

  /// More calls than this in one step mean that the member spins in a loop that only time can end.
  static let maximumCallsPerStep = 100_000

  let host: SimulatedHost
  let log: SimulatedLog
  let arena = RecordArena()
  var life = Life.new
  var membership = Membership()
  var producer = ProducerState()
  var consumed = ReadPositions()
  var restored = ReadPositions()
  var bounds: [BoundsRequest] = []
  /// The inputs that were handed over and are not covered by a commit.
  var deliveries: [CommittedTransaction.Delivery] = []

  /// Since when the inputs have been read without a break.
  var contactSince = Timestamp.distantPast
  /// What is known of how far they have been read since then.
  var proofs = ReadProofs()

  init(host: SimulatedHost) {
    self.host = host
    log = host.log
  }

  /// Whether outputs and offsets are committed together.
  public var isTransactional: Bool { host.isTransactional }

  /// Joins the group and initialises the producer.
  ///
  /// Fails with `retry` while the transaction of an earlier incarnation is being ended: its markers must all be written
  /// before the coordinator answers `InitProducerId`.
  public func connect() throws(LogFailure) {
    try enter("connect", in: [.new])
    try mayRetry("connect")
    if isTransactional && producer.identity == nil {
      do throws(CoordinatorError) {
        try initialise()
      } catch {
        log.changed("\(host.clientID) waits for the end of an earlier transaction")
        throw LogFailure(.retry, "the previous transaction is still being completed")
      }
    }
    join()
    life = .connected
    try leave("connect")
  }

  /// Nothing: a simulated call takes no time that could be spared.
  public func hurry(_ budget: Duration) {}

  /// Leaves the log. An open transaction stays open: its time-out or the next incarnation ends it.
  public func close(leaveGroup: Bool) {
    guard life != .closed else { return log.violated("\(host.clientID) closes twice") }
    life = .closed
    guard !host.hasCrashed else { return }
    if leaveGroup, host.isReachable, let member = membership.id {
      log.group.leave(member, now: log.now)
      log.changed("\(member) leaves")
    }
    host.sendHeartbeats(for: nil)
  }

  /// The number of partitions of the co-partitioned topics.
  public func partitionCount() throws(LogFailure) -> Int32 {
    try enter("partitionCount", in: [.new, .connected])
    try mayRetry("partitionCount")
    return log.partitionCount
  }

  /// Milliseconds since the log was last reached. A member that hears of more than it forgives has to begin anew.
  public var millisecondsSinceContact: Int64 {
    let silence = host.millisecondsSinceContact
    if silence > SimulatedLogClient.forgivenSilence {
      contactSince = host.clock.wall
      proofs.interrupt()
    }
    return silence
  }

  /// Presence rule 7: five seconds without a successful fetch start leases anew.
  static let forgivenSilence: Int64 = 5_000

  private func initialise() throws(CoordinatorError) {
    let id = host.transactionalID
    do throws(CoordinatorError) {
      producer.identity = try log.transactions.initialise(id, timeout: log.timeouts.transaction)
    } catch .concurrentTransactions {
      // The real call waits for the markers, which takes milliseconds; here too, mostly.
      guard log.random.chance(0.7) else { throw .concurrentTransactions }
      log.deliverAllMarkers(of: id)
      producer.identity = try log.transactions.initialise(id, timeout: log.timeouts.transaction)
    }
    log.changed("\(id) initialised: epoch \(producer.identity?.epoch ?? 0)")
  }

  // MARK: What every call begins and ends with

  func enter(_ call: StaticString, in lives: [Life] = [.connected]) throws(LogFailure) {
    guard !host.hasCrashed else { throw SimulatedLogClient.dead }
    guard lives.contains(life) else {
      log.violated("\(host.clientID) calls \(call) on a client that is \(life)")
      throw LogFailure(.discardClient, "\(call) on a client that is \(life)")
    }
    host.callsInStep += 1
    guard host.callsInStep <= SimulatedLogClient.maximumCallsPerStep else {
      log.violated("\(host.clientID) spins: it calls \(call) for ever within one step")
      host.crash("it spins")
      throw SimulatedLogClient.dead
    }
    try giveWay()
    try mayCrash(call, "before")
  }

  func leave(_ call: StaticString) throws(LogFailure) {
    try mayCrash(call, "behind")
  }

  /// Gives others a turn in the midst of a call.
  func giveWay() throws(LogFailure) {
    if log.random.chance(log.faults.interleave) { log.interleave?() }
    guard !host.hasCrashed else { throw SimulatedLogClient.dead }
  }

  /// Stops the process: a machine that swaps, a virtual machine that is moved.
  ///
  /// Such a machine does it again. A process that stood still before it decided mostly does so behind it, too, and for
  /// longer: whoever has its partitions by then works with what it believes to be left, and is not interrupted at once by
  /// one that comes back and joins.
  func mayStall(isDecided: Bool = false) throws(LogFailure) {
    let again = isDecided && producer.hasStalled && log.faults.stall > 0
    if log.random.chance(again ? 0.8 : log.faults.stall) {
      producer.hasStalled = true
      log.stall?(host, isDecided ? 100 : 40)
    }
    guard !host.hasCrashed else { throw SimulatedLogClient.dead }
  }

  func mayCrash(_ call: StaticString, _ place: StaticString) throws(LogFailure) {
    guard log.random.chance(log.faults.crash) else { return }
    log.happened(.crash)
    host.crash("\(place) \(call)")
    throw SimulatedLogClient.dead
  }

  func mayRetry(_ call: StaticString) throws(LogFailure) {
    guard host.isReachable else {
      log.wait(milliseconds: 50)
      throw LogFailure(.retry, "\(call): the log is out of reach")
    }
    guard log.random.chance(log.faults.retry) else { return }
    log.happened(.coordinatorMoved)
    log.trace.note(log.now, "\(host.clientID) \(call) has to be repeated")
    throw LogFailure(.retry, "\(call): the coordinator moves")
  }

  /// Notes that the client is of no more use.
  func discard(isFenced: Bool = false, _ message: String) -> LogFailure {
    life = .discarded
    if isFenced { host.wasFenced = true }
    log.trace.note(log.now, "\(host.clientID) must discard its client: \(message)")
    return LogFailure(.discardClient, isFenced: isFenced, message)
  }

  static let dead = LogFailure(.discardClient, "the process is dead")
}
