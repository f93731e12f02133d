// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Worker

/// One run of word counting lanes, and what must be true at its end.
struct WordCountRun {
  private let scheduler: SimulationScheduler
  private let isTransactional: Bool
  private let partitions: Int32
  private var expected: [String: Int] = [:]
  private var inputs = 0

  /// Draws members, faults and words.
  static func plan(seed: UInt64, isTransactional: Bool = true) -> SimulationPlan {
    var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 7)
    var configuration = SimulationConfiguration.drawn(&random)
    configuration.isTransactional = isTransactional
    for _ in 0..<random.within(5...40) {
      let partition = Int32(random.below(Int(configuration.partitions)))
      let topic: LogTopic = random.chance(0.7) ? .presenceChanges : .contactRequests
      let words = (0..<random.within(1...3)).map { _ in "word\(partition)\(random.below(3))" }
      let mode: SimulatedInput.Mode = random.pick([.plain, .plain, .plain, .committed, .aborted])!
      configuration.script.append(
        SimulatedInput(words.map { RecordContent(key: $0, value: "") }, to: LogPartition(topic, partition), mode: mode)
      )
    }
    return SimulationPlan(seed: seed, configuration: configuration)
  }

  init(_ plan: SimulationPlan, trace: SimulationTrace, mutation: WordCountLane.Mutation? = nil) {
    isTransactional = plan.configuration.isTransactional
    partitions = plan.configuration.partitions
    for input in plan.configuration.script where input.mode != .aborted {
      let words = input.contents(SimulatedLog.epoch).map { String(decoding: $0.key ?? [], as: UTF8.self) }
      for word in words { expected[word, default: 0] += 1 }
      inputs += words.count
    }
    scheduler = SimulationScheduler(plan, trace: trace) { host in WordCountLane(host: host, mutation: mutation) }
  }

  func run() throws(SimulationFailure) {
    try scheduler.run()
    if isTransactional { try checkExactlyOnce() } else { try checkAtLeastOnce() }
  }

  private func checkExactlyOnce() throws(SimulationFailure) {
    var lines: [String: [Int]] = [:]
    for record in records(of: .mailDispatches) {
      lines[record.keyText, default: []].append(Int(record.valueText?.split(separator: " ").first ?? "") ?? -1)
    }
    var counts: [String: Int] = [:]
    for record in records(of: .presenceSnapshots) { counts[record.keyText] = record.valueText.flatMap(Int.init) }
    for word in Set(lines.keys).union(counts.keys).union(expected.keys).sorted() {
      let count = expected[word] ?? 0
      if lines[word] ?? [] != Array(stride(from: 1, through: count, by: 1)) {
        throw SimulationFailure("\(word) came \(count) times, its lines are \(lines[word] ?? [])")
      }
      if counts[word] ?? 0 != count {
        throw SimulationFailure("\(word) came \(count) times, its snapshot says \(counts[word] ?? 0)")
      }
    }
  }

  private func checkAtLeastOnce() throws(SimulationFailure) {
    let origins = Set(records(of: .mailDispatches).compactMap { $0.valueText?.split(separator: " ").last })
    if origins.count != inputs {
      throw SimulationFailure("\(inputs) words came, \(origins.count) have a line")
    }
  }

  private func records(of topic: LogTopic) -> [StoredRecord] {
    (0..<partitions).flatMap { scheduler.log.committedRecords(of: LogPartition(topic, $0)) }
  }
}
