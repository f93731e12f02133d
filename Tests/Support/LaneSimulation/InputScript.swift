// SPDX-License-Identifier: Apache-2.0

import Foundation
import LogSimulation
import PresenceModel
import Worker

/// Inputs of an enricher in random order: pushes of several sources and devices, profiles, deletions, requests, repeats,
/// what comes late, what is aborted and what is no event at all.
struct InputScript {
  private static let users = ["ann", "bob", "cyd", "dan"]
  private static let spaces = ["open", "mail only", "im only", "closed"]

  private(set) var inputs: [SimulatedInput] = []
  private let partitions: Int32
  private var random: SplitMix64
  private var sequence = 0
  /// The pushes with a sequence.
  private var sequenced: [(user: String, fields: [String: any Sendable])] = []
  private var requests = 0
  /// Of pushes, how many come with a lease.
  private let leases: Double

  init(_ random: inout SplitMix64, partitions: Int32, length: ClosedRange<Int>) {
    self.random = SplitMix64(seed: random.next())
    self.partitions = partitions
    leases = self.random.pick([0, 0.3, 0.8])!
    for index in 0..<random.within(length) { add(index) }
  }

  private mutating func add(_ index: Int) {
    let user = random.pick(InputScript.users)!
    switch random.below(100) {
    case 0..<38: push(user, index)
    case 38..<42: repeatPush(index)
    case 42..<48: ask(user)
    case 48..<64: profile(user)
    case 64..<66: write(user, to: .userProfiles, event: nil)
    case 66..<70: space()
    case 70..<94: request(user)
    case 94..<97: write(user, to: random.chance(0.5) ? .presenceChanges : .contactRequests, event: { _ in "{" })
    default: write(user, to: .presenceChanges, mode: .aborted) { InputScript.change(user, at: $0, ["state": "away"]) }
    }
  }

  // MARK: Changes

  private mutating func push(_ user: String, _ index: Int) {
    sequence += 1
    var fields: [String: any Sendable] = ["state": random.pick(["online", "busy", "away", "offline"])!]
    if random.chance(0.6) { fields["statusMessage"] = "message \(sequence)" }
    if random.chance(0.6) {
      fields["source"] = "gateway"
      fields["sequence"] = random.chance(0.15) ? max(1, sequence - random.within(1...8)) : sequence
      if random.chance(0.5) { fields["device"] = random.pick(["desktop", "mobile"])! }
    } else {
      fields["source"] = "bridge"
    }
    if random.chance(leases) { fields["leaseSeconds"] = random.within(1...5) }
    fields["imAddress"] = random.pick([nil, nil, "sip:\(user)@corp.example", "sip:\(user)@net.example"])!
    // No two changes are observed in the same millisecond: which of two such devices wins is nobody's promise.
    let lateness = Int64(random.chance(0.15) ? random.within(1_000...8_000) : 0)
    let mark = Int64(index % 64)
    let copies = random.chance(0.15) ? 2 : 1
    let mode: SimulatedInput.Mode = random.chance(0.3) ? .committed : .plain
    if fields["sequence"] != nil { sequenced.append((user, fields)) }
    let constant = fields
    for _ in 0..<copies {
      write(user, to: .presenceChanges, mode: mode) { now in
        InputScript.change(user, at: (now - lateness) / 64 * 64 + mark, constant)
      }
    }
  }

  /// Says again, a good while later, what was said lately: by its sequence it is no news, whatever its time.
  private mutating func repeatPush(_ index: Int) {
    guard let (user, fields) = random.pick(Array(sequenced.suffix(4))) else { return }
    let mark = Int64(index % 64)
    write(user, to: .presenceChanges) { now in InputScript.change(user, at: now / 64 * 64 + mark, fields) }
  }

  /// Asks for a user as of now, or for what a minute or a few seconds ago would do.
  private mutating func ask(_ user: String) {
    let age = Int64(random.pick([0, 0, 3_000, 60_000])!)
    write(user, to: .presenceChanges) { now in InputScript.change(user, at: now - age, [:]) }
  }

  private static func change(_ user: String, at time: Int64, _ fields: [String: any Sendable]) -> String {
    json(
      fields.merging(["user": user, "observedAt": ReferenceTime.text(time)]) { $1 }.merging(["source": "s"]) { old, _ in
        old
      }
    )
  }

  // MARK: Profiles

  private mutating func profile(_ user: String) {
    var fields: [String: any Sendable] = ["user": user]
    if random.chance(0.7) { fields["displayName"] = "\(user) \(random.below(3))" }
    if random.chance(0.7) { fields["mail"] = "\(user)@mail.example" }
    if random.chance(0.6) { fields["enterpriseAddress"] = "sip:\(user)@corp.example" }
    if random.chance(0.4) {
      let address = random.pick(["sip:\(user)@net.example", "xmpp:\(user)@net.example"])!
      fields["networkPresence"] = ["imAddress": address, "displayName": "\(user) of the net"]
    }
    if random.chance(0.1) { fields["presenceEnabled"] = false }
    let constant = fields
    write(user, to: .userProfiles) { now in
      InputScript.json(constant.merging(["updatedAt": ReferenceTime.text(now)]) { $1 })
    }
  }

  // MARK: Spaces

  private mutating func space() {
    let name = random.pick(InputScript.spaces)!
    let services: [String] =
      switch name {
      case "open": ["profile", "mail", "im"]
      case "mail only": ["mail"]
      case "im only": ["im", "profile", "a service of next year"]
      default: random.chance(0.5) ? ["profile"] : ["mail", "im"]
      }
    let isEnabled = name != "closed" && random.chance(0.8)
    let isDeleted = random.chance(0.15)
    write(name, to: .portalSpaces, mode: random.chance(0.2) ? .committed : .plain) { _ in
      isDeleted ? nil : InputScript.json(["space": name, "impEnabled": isEnabled, "services": services])
    }
  }

  // MARK: Requests

  private mutating func request(_ user: String) {
    requests += 1
    var requester = ["user": random.chance(0.05) ? user : random.pick(["eve", "eve", "mal"])!]
    if random.chance(0.9) { requester["mail"] = "eve@mail.example" }
    if random.chance(0.1) { requester["mailClient"] = "local" }
    if random.chance(0.1) { requester["mailCredentials"] = "required" }
    let recipient = random.chance(0.05) ? "nobody" : user
    var fields: [String: any Sendable] = [
      "id": "request \(requests)", "requester": requester, "recipient": recipient, "subject": "Hello",
      "channel": random.pick(["mail", "im", "auto", "auto"])!,
    ]
    if random.chance(0.3) { fields["fallback"] = false }
    if random.chance(0.4) { fields["space"] = random.pick(InputScript.spaces + ["unheard of"])! }
    if random.chance(0.3) { fields["groupId"] = "group \(requests % 3)" }
    if random.chance(0.2) { fields["expiresInSeconds"] = random.within(1...30) }
    let lateness = Int64(random.chance(0.1) ? random.within(1_000...12_000) : 0)
    let constant = fields
    for _ in 0..<(random.chance(0.25) ? 2 : 1) {
      write(recipient, to: .contactRequests) { now in
        InputScript.json(constant.merging(["requestedAt": ReferenceTime.text(now - lateness)]) { $1 })
      }
    }
  }

  // MARK: Records

  private mutating func write(
    _ key: String,
    to topic: LogTopic,
    mode: SimulatedInput.Mode = .plain,
    event: (@Sendable (_ now: Int64) -> String?)?
  ) {
    let number = topic == .portalSpaces ? 0 : Placement.partition(of: key, count: partitions)
    let partition = LogPartition(topic, number)
    inputs.append(
      SimulatedInput(to: partition, mode: mode) { time in
        [RecordContent(key: key, value: event.flatMap { $0(time.milliseconds) })]
      }
    )
  }

  static func json(_ fields: [String: any Sendable]) -> String {
    do {
      return String(decoding: try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys), as: UTF8.self)
    } catch {
      preconditionFailure("the script makes JSON: \(error)")
    }
  }
}
