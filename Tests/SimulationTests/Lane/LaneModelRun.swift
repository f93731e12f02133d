// SPDX-License-Identifier: Apache-2.0

import AgentKit
import LogSimulation
import PresenceModel
import Worker

/// One run of the worker's lanes against the reference model: everything that they publish must be what the contract's
/// rules make of the inputs, once and in order, whatever breaks.
struct LaneModelRun {
  private static let outputs: [LogTopic] = [
    .presenceSnapshots, .contactOutcomes, .mailDispatches, .imDispatches, .presenceLookups, .deadLetters,
  ]

  private let scheduler: SimulationScheduler
  private let partitions: Int32
  private let coalesces: Bool

  init(seed: UInt64, trace: SimulationTrace) throws(SimulationFailure) {
    var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 11)
    var configuration = SimulationConfiguration.drawn(&random)
    configuration.clocksRunDuringSteps = false
    configuration.compactsUnreadInputs = false
    partitions = configuration.partitions
    coalesces = random.chance(0.5)
    configuration.script = InputScript(&random, partitions: partitions, length: 5...50).inputs
    let settings = try LaneModelRun.settings(coalesces: coalesces)
    scheduler = SimulationScheduler(seed: seed, configuration: configuration, trace: trace) { host in
      LaneMember(host: host, settings: settings)
    }
    let resolver = SimulatedResolver(seed: random.next())
    scheduler.environment = { resolver.step($0) }
  }

  private static func settings(coalesces: Bool) throws(SimulationFailure) -> EnricherSettings {
    var settings = EnricherSettings()
    settings.coalesce = coalesces
    settings.jitterPercent = 0
    do {
      let claims = [ClaimRule(scheme: .scheme(.sip))]
      settings.agents = try AgentDirectory([AgentDescriptor(name: "lync", claims: claims, launch: .communicator)])
    } catch {
      throw SimulationFailure("the agents do not make a directory: \(error)")
    }
    return settings
  }

  func run() throws(SimulationFailure) {
    try scheduler.run()
    var model = ReferenceModel(coalesces: coalesces)
    for transaction in scheduler.log.history {
      model.replay(transaction) { partition, offset in
        scheduler.log.everCommittedRecords(of: partition).first { $0.offset == offset }
      }
    }
    for topic in LaneModelRun.outputs { try compare(topic, model.expected[topic] ?? [:]) }
    try checkDispatches()
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
        "\(topic.name) of \(key), coalescing \(coalesces): \(is_.count) records instead of \(shouldBe.count); "
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
