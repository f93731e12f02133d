// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import LogSimulation
import PresenceModel

@testable import Worker

struct LaneSmokeRun {
  private let scheduler: SimulationScheduler
  private let partitions: Int32
  private var changes: [String: [String]] = [:]
  private var requests: [String] = []
  private let coalesce: Bool

  init(seed: UInt64, trace: SimulationTrace) {
    var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 11)
    var configuration = SimulationConfiguration.drawn(&random)
    partitions = configuration.partitions
    coalesce = random.chance(0.5)
    let users = (0..<6).map { "user\($0)" }
    for index in 0..<random.within(5...40) {
      let user = random.pick(users)!
      let partition = Placement.partition(of: user, count: partitions)
      switch random.below(10) {
      case 0..<6:
        let message = "m\(index)"
        changes[user, default: []].append(message)
        configuration.script.append(
          SimulatedInput(to: LogPartition(.presenceChanges, partition), mode: random.pick([.plain, .committed])!) {
            time in
            [
              RecordContent(
                key: user,
                value:
                  "{\"user\":\"\(user)\",\"source\":\"s\",\"state\":\"busy\",\"statusMessage\":\"\(message)\",\"observedAt\":\"\(Placement.text(time))\",\"sequence\":\(index)}"
              )
            ]
          }
        )
      case 6:
        configuration.script.append(
          SimulatedInput(to: LogPartition(.presenceChanges, partition), mode: .aborted) { time in
            [
              RecordContent(
                key: user,
                value:
                  "{\"user\":\"\(user)\",\"source\":\"s\",\"state\":\"busy\",\"statusMessage\":\"never\",\"observedAt\":\"\(Placement.text(time))\",\"sequence\":\(index)}"
              )
            ]
          }
        )
      case 7:
        configuration.script.append(
          SimulatedInput(to: LogPartition(.userProfiles, partition)) { time in
            [
              RecordContent(
                key: user,
                value: "{\"user\":\"\(user)\",\"mail\":\"\(user)@corp.example\",\"displayName\":\"D\(index)\"}"
              )
            ]
          }
        )
      default:
        let id = "r\(index)"
        requests.append(id)
        for _ in 0..<random.within(1...2) {
          configuration.script.append(
            SimulatedInput(to: LogPartition(.contactRequests, partition)) { time in
              [
                RecordContent(
                  key: user,
                  value:
                    "{\"id\":\"\(id)\",\"requester\":{\"user\":\"me\",\"mail\":\"me@corp.example\"},\"recipient\":\"\(user)\",\"channel\":\"mail\",\"subject\":\"s\",\"requestedAt\":\"\(Placement.text(time))\"}"
                )
              ]
            }
          )
        }
      }
    }
    var settings = EnricherSettings()
    settings.coalesce = coalesce
    scheduler = SimulationScheduler(seed: seed, configuration: configuration, trace: trace) { host in
      LaneMember(host: host, settings: settings)
    }
  }

  func run() throws(SimulationFailure) {
    try scheduler.run()
    let letters = (0..<partitions).flatMap { scheduler.log.committedRecords(of: LogPartition(.deadLetters, $0)) }
    if let letter = letters.first {
      throw SimulationFailure("dead letter \(letter.header("dlq.error.message") ?? "")")
    }
    let outcomes = (0..<partitions).flatMap { scheduler.log.committedRecords(of: LogPartition(.contactOutcomes, $0)) }
    let ids = outcomes.map { $0.header("ce_requestid") ?? "" }
    if ids.sorted() != requests.sorted() {
      throw SimulationFailure("outcomes \(ids.sorted()) for requests \(requests.sorted())")
    }
    var versions: [String: Int] = [:]
    var messages: [String: [String]] = [:]
    for partition in 0..<partitions {
      let snapshots = true
      for record in scheduler.log.everCommittedRecords(of: LogPartition(.presenceSnapshots, partition)) {
        let json = try! JSONSerialization.jsonObject(with: Data(record.content.value ?? [])) as! [String: Any]
        let version = json["version"] as! Int
        if snapshots, version != versions[record.keyText, default: 0] + 1 {
          throw SimulationFailure("\(record.keyText) has version \(version) after \(versions[record.keyText] ?? 0)")
        }
        versions[record.keyText] = version
        if let message = json["statusMessage"] as? String, messages[record.keyText]?.last != message {
          messages[record.keyText, default: []].append(message)
        }
      }
    }
    for (user, expected) in changes {
      if messages[user]?.last != expected.last {
        throw SimulationFailure("\(user) has \(messages[user] ?? []), not \(expected)")
      }
      if !coalesce, true, messages[user] != expected {
        throw SimulationFailure("\(user) has \(messages[user] ?? []), not \(expected)")
      }
    }
  }
}

enum Placement {
  static func text(_ time: Timestamp) -> String {
    let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
    return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  static func partition(of user: String, count: Int32) -> Int32 {
    Array(user.utf8).withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: count) }
  }
}
