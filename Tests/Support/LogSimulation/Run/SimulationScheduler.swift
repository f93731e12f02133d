// SPDX-License-Identifier: Apache-2.0

import Worker

/// Runs members on a simulated log: whose turn it is, when markers come, when time passes and what breaks is the
/// seed's choice.
///
/// A run has two parts. While the script lasts, each turn writes, delivers, breaks something or lets a member step, at
/// random. Then nothing breaks any more, and everything gets its turn in a round until the inputs are consumed, no
/// transaction is open, and nothing has happened for a while. Not getting there within the bound is a failure.
public final class SimulationScheduler {
  /// The log.
  public let log: SimulatedLog
  private let configuration: SimulationConfiguration
  private let makeMember: (SimulatedHost) -> any SteppingMember
  private var pending: [[SimulatedInput]]
  private var crew: [RunningMember] = []
  private var vacancies: [Vacancy] = []
  private var depth = 0
  private var turns = 0
  private var incarnations = 0

  /// What happens at every turn beside the members: a simulated resolver, for example.
  public var environment: ((SimulatedLog) -> Void)?

  /// A run of a plan that has not begun.
  public convenience init(
    _ plan: SimulationPlan,
    trace: SimulationTrace,
    makeMember: @escaping (SimulatedHost) -> any SteppingMember
  ) {
    self.init(seed: plan.schedule, configuration: plan.configuration, trace: trace, makeMember: makeMember)
  }

  /// A run that has not begun. `makeMember` makes a member on a host, of which it gets its clients and clocks.
  public init(
    seed: UInt64,
    configuration: SimulationConfiguration,
    trace: SimulationTrace = SimulationTrace(isRecording: false),
    makeMember: @escaping (SimulatedHost) -> any SteppingMember
  ) {
    self.configuration = configuration
    self.makeMember = makeMember
    log = SimulatedLog(
      seed: seed,
      partitionCount: configuration.partitions,
      faults: configuration.faults,
      timeouts: configuration.timeouts,
      trace: trace
    )
    log.compactsUnreadInputs = configuration.compactsUnreadInputs
    pending = log.allPartitions.map { partition in
      configuration.script.filter { $0.partition == partition.name }.reversed()
    }.filter { !$0.isEmpty }
    vacancies = (0..<configuration.members).map { Vacancy(seat: $0, name: "worker\($0)", until: 0) }
  }

  /// Runs to the end.
  public func run() throws(SimulationFailure) {
    log.interleave = { [unowned self] in self.turnWithin() }
    log.stall = { [unowned self] in self.stall($0, turns: $1) }
    log.letTimePass = { [unowned self] in self.pass(milliseconds: $0) }
    defer {
      log.interleave = nil
      log.stall = nil
      log.letTimePass = nil
    }
    while !pending.isEmpty {
      turn()
      try check()
    }
    try settle()
  }

  // MARK: While the script lasts

  private func turn() {
    turns += 1
    if log.random.chance(0.25) { writeNext() }
    if log.random.chance(log.faults.marker) { log.deliverMarker() }
    if log.random.chance(0.1) { log.deliverLateRequest() }
    if log.random.chance(log.faults.compaction) { log.compact() }
    if log.random.chance(log.faults.retention) { log.deleteConsumed() }
    if log.random.chance(log.faults.slowFetch) { log.slowDown() }
    if log.random.chance(0.05) { log.speedUp() }
    if log.random.chance(log.faults.rebalance) { log.rebalance() }
    pass(milliseconds: Int64(log.random.within(log.random.chance(0.05) ? 200...2_000 : 0...20)))
    if log.random.chance(log.faults.leap) { pass(milliseconds: Int64(log.random.within(3_000...20_000))) }
    environment?(log)
    breakSomething()
    fillVacancies()
    if let member = log.random.pick(crew.filter(\.canStep)) { step(member) }
  }

  /// A turn in the midst of a member's call: how threads on other machines get between any two effects.
  private func turnWithin() {
    guard depth < 3 else { return }
    turn()
  }

  /// A process that stands still in the midst of a call until its session is over and others have had turns enough to
  /// take its partitions and ask for what it left.
  private func stall(_ host: SimulatedHost, turns: Int) {
    guard depth < 2 else { return }
    log.happened(.stalledCommit)
    log.changed("\(host.clientID) stands still")
    host.setRunning(false)
    pass(milliseconds: log.timeouts.session + 1)
    for _ in 0..<log.random.within(1...turns) where !host.hasCrashed { turn() }
    host.setRunning(true)
    log.trace.note(log.now, "\(host.clientID) goes on")
  }

  private func writeNext() {
    guard !pending.isEmpty else { return }
    let index = log.random.below(pending.count)
    let input = pending[index].removeLast()
    if pending[index].isEmpty { pending.remove(at: index) }
    let contents = input.contents(log.time)
    switch input.mode {
    case .plain:
      for content in contents { log.write(content, to: input.partition) }
    case .committed: log.writeTransaction(contents, to: input.partition, commits: true)
    case .aborted: log.writeTransaction(contents, to: input.partition, commits: false)
    }
  }

  private func breakSomething() {
    guard let victim = log.random.pick(crew) else { return }
    let session = log.timeouts.session
    if log.random.chance(log.faults.kill) { victim.host.crash("killed") }
    if log.random.chance(log.faults.pause) {
      victim.pause(until: log.now + Int64(log.random.within(100...Int(session * 2))))
    }
    if log.random.chance(log.faults.cutOff) {
      victim.cutOff(until: log.now + Int64(log.random.within(100...Int(session * 2))))
    }
    if log.random.chance(log.faults.zombie), !victim.isZombie {
      victim.isZombie = true
      victim.pause(until: log.now + Int64(log.random.within(0...Int(session * 2))))
      vacancies.append(Vacancy(seat: victim.seat, name: victim.host.clientID, until: log.now))
      log.changed("\(victim.host.clientID) is taken for dead")
    }
    if log.random.chance(log.faults.restart), victim.canStep { stop(victim) }
    dismissDead()
  }

  // MARK: When the script is over

  private func settle() throws(SimulationFailure) {
    log.trace.note(log.now, "the script is over; nothing breaks any more")
    log.faults = .calm
    for member in crew where member.isZombie { member.host.crash("the zombie is found") }
    for member in crew { member.recover() }
    log.speedUp()
    dismissDead()
    for index in vacancies.indices { vacancies[index].until = log.now }
    var quiet: Int64 = 0
    while quiet <= configuration.quietMilliseconds {
      let version = log.version
      turns += 1
      fillVacancies()
      environment?(log)
      for member in crew { step(member) }
      log.deliverAllMarkers()
      log.deliverLateRequest()
      let isQuiet =
        log.version == version && log.areInputsConsumed && log.areTransactionsComplete
        && (!configuration.quietWantsGroup || log.group.isComplete)
      quiet = isQuiet ? quiet + 250 : 0
      pass(milliseconds: 250)
      try check()
    }
  }

  private func check() throws(SimulationFailure) {
    guard log.violations.isEmpty else { throw SimulationFailure(log.violations.joined(separator: "; ")) }
    guard turns <= configuration.maximumTurns else {
      throw SimulationFailure(
        "no progress: after \(turns) turns "
          + (log.areInputsConsumed ? "things still happen" : "inputs are not consumed")
          + (log.areTransactionsComplete ? "" : ", transactions are open")
      )
    }
  }

  // MARK: Members

  private func step(_ member: RunningMember) {
    depth += 1
    member.step()
    depth -= 1
    dismissDead()
  }

  private func stop(_ member: RunningMember) {
    depth += 1
    log.changed("\(member.host.clientID) is asked to stop")
    member.stop()
    member.host.crash("stopped")
    depth -= 1
  }

  /// Takes dead members out, and zombies that know what they are. One that is in the midst of a step stays until then.
  private func dismissDead() {
    for member in crew where member.isZombie && member.host.wasFenced { member.host.crash("the zombie is fenced") }
    for member in crew where member.host.hasCrashed && !member.isStepping {
      crew.removeAll { $0 === member }
      guard !member.isZombie else { continue }
      var name = member.host.clientID
      if log.random.chance(log.faults.newIdentity) {
        incarnations += 1
        name = "worker\(member.seat)-\(incarnations)"
      }
      vacancies.append(
        Vacancy(seat: member.seat, name: name, until: log.now + Int64(log.random.within(0...5_000)))
      )
    }
  }

  private func fillVacancies() {
    let due = vacancies.filter { $0.until <= log.now }
    vacancies.removeAll { $0.until <= log.now }
    for vacancy in due {
      let host = SimulatedHost(
        log: log,
        index: vacancy.seat,
        name: vacancy.name,
        instance: configuration.isStatic ? vacancy.name : nil,
        isTransactional: configuration.isTransactional,
        deviations: configuration.deviations
      )
      log.changed("\(vacancy.name) starts")
      crew.append(RunningMember(seat: vacancy.seat, host: host, member: makeMember(host)))
    }
  }

  private func pass(milliseconds: Int64) {
    log.advance(milliseconds: milliseconds)
    for member in crew {
      member.advance(milliseconds: milliseconds, now: log.now, evenInStep: configuration.clocksRunDuringSteps)
    }
  }
}

/// A place in the crew that is filled again at a time.
private struct Vacancy {
  var seat: Int
  var name: String
  var until: Int64
}
