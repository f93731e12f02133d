// SPDX-License-Identifier: Apache-2.0

import AgentKit
package import LogSimulation
import PresenceModel
import Worker

/// One run of the worker's lanes against the reference model: everything that they publish must be what the contract's
/// rules make of the inputs, once and in order, whatever breaks.
package struct LaneModelRun {
  private static let outputs: [LogTopic] = [
    .presenceSnapshots, .contactOutcomes, .mailDispatches, .imDispatches, .presenceLookups, .deadLetters,
  ]

  private let scheduler: SimulationScheduler
  private let partitions: Int32
  private let rules: ReferenceRules
  /// What happened in the run, once it is over.
  package private(set) var coverage = SimulationCoverage()

  /// Draws members, faults and inputs.
  package static func plan(seed: UInt64) -> SimulationPlan {
    var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 11)
    var configuration = SimulationConfiguration.drawn(&random)
    configuration.clocksRunDuringSteps = false
    configuration.compactsUnreadInputs = false
    // Longer than the longest lease with its grace, the watermark that it waits for, and a failure's memory.
    configuration.quietMilliseconds = 9_000
    configuration.quietWantsGroup = true
    configuration.script = InputScript(&random, partitions: configuration.partitions, length: 5...50).inputs
    return SimulationPlan(seed: seed, configuration: configuration)
  }

  /// A run of a plan that has not begun.
  package init(_ plan: SimulationPlan, trace: SimulationTrace) throws(SimulationFailure) {
    partitions = plan.configuration.partitions
    var random = SplitMix64(seed: plan.seed &* 0x5851_F42D &+ 3)
    let rules = ReferenceRules(&random)
    self.rules = rules
    let settings = try LaneModelRun.settings(rules)
    scheduler = SimulationScheduler(plan, trace: trace) { host in LaneMember(host: host, settings: settings) }
    let resolver = SimulatedResolver(seed: plan.schedule ^ 0xA5A5)
    scheduler.environment = { resolver.step($0) }
  }

  private static func settings(_ rules: ReferenceRules) throws(SimulationFailure) -> EnricherSettings {
    var settings = EnricherSettings()
    settings.coalesce = rules.coalesces
    settings.jitterPercent = 0
    settings.interest = .milliseconds(rules.interest)
    settings.lookupTimeout = .milliseconds(rules.lookupTimeout)
    settings.failureMemory = .milliseconds(rules.failureMemory)
    settings.leaseGrace = .milliseconds(rules.leaseGrace)
    settings.contact.unknownSpacesAllowed = rules.allowsUnknownSpaces
    settings.contact.rate = RequestRateLimiter.Limits(
      perMinute: Int32(rules.requestsPerMinute),
      burst: Int32(rules.requestsAtOnce),
      requesters: 100
    )
    do {
      let claims = [ClaimRule(scheme: .scheme(.sip))]
      settings.agents = try AgentDirectory([AgentDescriptor(name: "lync", claims: claims, launch: .communicator)])
    } catch {
      throw SimulationFailure("the agents do not make a directory: \(error)")
    }
    return settings
  }

  /// Runs to the end, and compares.
  package mutating func run() throws(SimulationFailure) {
    try scheduler.run()
    let log = scheduler.log
    var model = ReferenceModel(rules, spaces: log.everCommittedRecords(of: LogPartition(.portalSpaces, 0)))
    for transaction in log.history {
      guard Set(transaction.deliveries.map(\.note)).count <= 1 else {
        throw SimulationFailure("a transaction worked with several versions of the spaces")
      }
      model.replay(transaction) { partition, offset in
        log.everCommittedRecords(of: partition).first { $0.offset == offset }
      } isUnread: { number, offset, moment in
        log.everCommittedRecords(of: LogPartition(.presenceChanges, number))
          .contains { $0.offset >= offset && $0.timestamp.milliseconds < moment }
      }
    }
    if let fault = model.faults.first { throw SimulationFailure("\(fault); \(rules)") }
    if let user = model.overdue().first {
      throw SimulationFailure("\(user) is shown by a lease that ran out long ago; \(rules)")
    }
    for topic in LaneModelRun.outputs { try compare(topic, model.expected[topic] ?? [:]) }
    try checkDispatches()
    coverage = SimulationCoverage(events: log.events, model)
  }

  private func compare(_ topic: LogTopic, _ expected: [String: [ReferenceOutput]]) throws(SimulationFailure) {
    var actual: [String: [ReferenceOutput]] = [:]
    for record in records(of: topic) {
      guard let output = ObservedOutputs.read(record, of: topic) else {
        throw SimulationFailure("\(topic.name) has a record that is no event: \(record.valueText ?? "null")")
      }
      actual[record.keyText, default: []].append(output)
    }
    for key in Set(actual.keys).union(expected.keys).sorted() {
      let (is_, shouldBe) = (actual[key] ?? [], expected[key] ?? [])
      guard is_ != shouldBe else { continue }
      let index = zip(is_, shouldBe).prefix { $0 == $1 }.count
      throw SimulationFailure(
        "\(topic.name) of \(key), \(rules): \(is_.count) records instead of \(shouldBe.count); "
          + "number \(index) is\n    \(index < is_.count ? "\(is_[index])" : "missing")\n  and should be\n    "
          + "\(index < shouldBe.count ? "\(shouldBe[index])" : "none")"
      )
    }
  }

  /// Contact rule 7: a dispatched request has exactly one dispatch, whose id the outcome names.
  private func checkDispatches() throws(SimulationFailure) {
    func ids(_ topic: LogTopic) -> [String] {
      records(of: topic).compactMap { ReferenceEvent($0.content.value)?.text("dispatchId") }
    }
    let dispatched = (ids(.mailDispatches) + ids(.imDispatches)).sorted()
    let named = ids(.contactOutcomes).sorted()
    guard dispatched == named, Set(named).count == named.count else {
      throw SimulationFailure("dispatches \(dispatched) for outcomes that name \(named)")
    }
  }

  private func records(of topic: LogTopic) -> [StoredRecord] {
    (0..<partitions).flatMap { scheduler.log.everCommittedRecords(of: LogPartition(topic, $0)) }
  }
}
