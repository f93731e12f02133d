// SPDX-License-Identifier: Apache-2.0

import Foundation
import LogSimulation
import PresenceModel
import Worker

/// The resolver's role in a simulation: it answers committed look-ups after a while, sometimes twice, sometimes with a
/// failure; and always sends a waiting request on.
final class SimulatedResolver {
  private var random: SplitMix64
  private var positions: [LogPartition: Int64] = [:]
  private var waiting: [(due: Int64, content: RecordContent, partition: LogPartition)] = []

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  func step(_ log: SimulatedLog) {
    for number in 0..<log.partitionCount {
      let partition = LogPartition(.presenceLookups, number)
      while let lookup = log.nextCommitted(of: partition, from: positions[partition] ?? 0) {
        positions[partition] = lookup.offset + 1
        answer(lookup, of: number, log)
      }
    }
    for answer in waiting where answer.due <= log.now { log.write(answer.content, to: answer.partition) }
    waiting.removeAll { $0.due <= log.now }
  }

  private func answer(_ record: StoredRecord, of number: Int32, _ log: SimulatedLog) {
    guard let lookup = ReferenceEvent(record.content.value), let user = lookup.text("user") else {
      preconditionFailure("a look-up is JSON")
    }
    let due = log.now + Int64(random.chance(0.1) ? random.within(5_000...9_000) : random.within(0...200))
    var finding: [String: Any] = [
      "imAddress": lookup.text("imAddress") ?? "", "source": "lync",
      "observedAt": ReferenceTime.text(SimulatedLog.epoch.milliseconds + due),
    ]
    if random.chance(0.3) {
      finding["failure"] = ["code": random.pick(["timeout", "deadlinePassed"])!, "message": "nobody answers"]
    } else {
      finding["state"] = random.pick(["online", "busy", "away", "offline"])!
      if random.chance(0.5) { finding["statusMessage"] = "found \(record.offset)" }
      if random.chance(0.3) { finding["validForSeconds"] = random.within(1...20) }
    }
    for _ in 0..<(random.chance(0.2) ? 2 : 1) {
      var change = finding
      change["user"] = user
      change["lookupId"] = lookup.text("lookupId")
      if random.chance(0.9) { send(change, key: user, to: .presenceChanges, number, due) }
      if var request = lookup.object("contact")?.fields {
        request["resolution"] = finding
        send(request, key: user, to: .contactRequests, number, due + Int64(random.below(50)))
      }
    }
  }

  private func send(_ event: [String: Any], key: String, to topic: LogTopic, _ number: Int32, _ due: Int64) {
    do {
      let value = try JSONSerialization.data(withJSONObject: event, options: .sortedKeys)
      waiting.append((due, RecordContent(key: Array(key.utf8), value: Array(value)), LogPartition(topic, number)))
    } catch {
      preconditionFailure("the resolver makes JSON: \(error)")
    }
  }
}
