// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import TestSupport
import Testing

@testable import Worker

/// An enricher with one partition whose outputs are kept as parsed JSON: what the tests of the rules are written with.
final class Office {
  struct Output {
    var topic: LogTopic
    var partition: Int32
    var key: String?
    var value: [String: Any]?
    var bytes: [UInt8]?
    var headers: [String: String]
  }

  /// When an office opens, unless it is told otherwise.
  static let start = Timestamp(milliseconds: 1_795_335_330_123)

  private(set) var outputs: [Output] = []
  private var harness: EnricherHarness?
  let settings: EnricherSettings
  private(set) var sequence = 0

  /// An office with the agent `chat` for the domain chat.example, and an enterprise of sip addresses that only pushes.
  init(
    coalesce: Bool = false,
    partitionCount: Int32 = 1,
    partition: Int32 = 0,
    at start: Timestamp = Office.start,
    change: (inout EnricherSettings) -> Void = { _ in }
  ) throws {
    var settings = EnricherSettings()
    settings.coalesce = coalesce
    settings.jitterPercent = 0
    settings.agents = try AgentDirectory([
      AgentDescriptor(name: "chat", claims: [ClaimRule(domain: GlobPattern("chat.example"))], launch: .xmpp),
      AgentDescriptor(name: "lync", claims: [ClaimRule(scheme: .scheme(.sip))], launch: .communicator),
    ])
    change(&settings)
    self.settings = settings
    harness = EnricherHarness(
      settings: settings,
      partitionCount: partitionCount,
      partition: partition,
      wall: start
    ) { [unowned self] output in
      take(output)
      return true
    }
  }

  private func take(_ output: EnricherHarness.Output) {
    var headers: [String: String] = [:]
    for header in output.headers { headers[header.name.string] = header.value?.string }
    let bytes = output.value.map { Array($0.raw) }
    let value = bytes.flatMap { try? JSONSerialization.jsonObject(with: Data($0)) } as? [String: Any]  // nil: not JSON
    outputs.append(
      Output(
        topic: output.partition.topic,
        partition: output.partition.partition,
        key: output.key?.string,
        value: value,
        bytes: bytes,
        headers: headers
      )
    )
  }

  var rules: EnricherHarness {
    guard let harness else { preconditionFailure("the office is open") }
    return harness
  }

  var counters: EnricherCounters { rules.counters }

  /// What was published to a topic, and forgets it.
  func take(_ topic: LogTopic) -> [Output] {
    let taken = outputs.filter { $0.topic == topic }
    outputs.removeAll { $0.topic == topic }
    return taken
  }

  /// The values published to a topic, and forgets them.
  func values(_ topic: LogTopic) -> [[String: Any]] { take(topic).compactMap(\.value) }

  /// The last snapshot of a user that is kept.
  func snapshot(_ user: String) -> [String: Any]? {
    outputs.last { $0.topic == .presenceSnapshots && $0.key == user }?.value
  }

  /// Lets time pass on both clocks.
  func pass(seconds: Double) {
    rules.wall = rules.wall.adding(milliseconds: Int64(seconds * 1_000))
    rules.monotonic += Int64(seconds * 1_000)
  }

  /// The time so many seconds from now.
  func time(_ seconds: Double = 0) -> String { rules.wall.adding(milliseconds: Int64(seconds * 1_000)).description }

  /// Applies a value.
  func send(_ topic: LogTopic, key: String?, _ value: [String: Any]?, headers: [(String, String)] = []) {
    // What is not JSON cannot be written in a literal.
    let bytes = value.flatMap { try? JSONSerialization.data(withJSONObject: $0) }.map { Array($0) }
    send(topic, key: key, bytes: bytes, headers: headers)
  }

  /// Applies bytes.
  func send(_ topic: LogTopic, key: String?, bytes: [UInt8]?, headers: [(String, String)] = []) {
    let texts = headers.flatMap { [$0.0, $0.1] }
    Views.lend([key ?? ""] + texts) { views in
      let list = stride(from: 1, to: views.count, by: 2).map { (name: views[$0], value: views[$0 + 1]) }
      let apply = { (value: ByteView?) in
        self.rules.apply(topic, key: key == nil ? nil : views[0], value: value, headers: list)
      }
      guard let bytes else { return apply(nil) }
      bytes.withUnsafeBytes { apply(ByteView($0)) }
    }
  }

  /// A pushed change.
  func push(
    _ user: String,
    _ state: String,
    device: String = "desktop",
    source: String = "lync-emea",
    message: String? = nil,
    address: String? = nil,
    at seconds: Double = 0,
    sequence: Int? = nil,
    lease: Int? = nil
  ) {
    var value: [String: Any] = [
      "user": user, "source": source, "device": device, "state": state, "observedAt": time(seconds),
      "imAddress": address ?? "sip:\(user)@corp.example",
    ]
    value["statusMessage"] = message
    value["sequence"] = sequence
    value["leaseSeconds"] = lease
    send(.presenceChanges, key: user, value)
  }

  /// An ask.
  func ask(_ user: String, address: String? = nil, notOlderThan seconds: Double = 0) {
    var value: [String: Any] = ["user": user, "source": "portal", "observedAt": time(seconds)]
    value["imAddress"] = address
    send(.presenceChanges, key: user, value)
  }

  /// The resolver's answer.
  func answer(
    _ user: String,
    _ state: String?,
    address: String,
    message: String? = nil,
    at seconds: Double = 0,
    validFor: Int? = nil,
    source: String = "chat"
  ) {
    var value: [String: Any] = [
      "user": user, "source": source, "imAddress": address, "observedAt": time(seconds), "lookupId": "l1",
    ]
    value["state"] = state
    value["statusMessage"] = message
    value["validForSeconds"] = validFor
    if state == nil { value["failure"] = ["code": "timeout", "message": "no answer"] }
    send(.presenceChanges, key: user, value)
  }

  /// A profile.
  func profile(
    _ user: String,
    mail: String? = "x@corp.example",
    enterprise: String? = nil,
    network: String? = nil,
    enabled: Bool? = nil,
    name: String? = nil,
    updatedAt seconds: Double? = nil
  ) {
    var value: [String: Any] = ["user": user]
    value["mail"] = mail
    value["displayName"] = name
    value["enterpriseAddress"] = enterprise
    value["presenceEnabled"] = enabled
    if let network { value["networkPresence"] = ["imAddress": network, "displayName": "\(user) (network)"] }
    if let seconds { value["updatedAt"] = time(seconds) }
    send(.userProfiles, key: user, value)
  }

  /// A contact request.
  func request(
    _ id: String,
    to recipient: String,
    _ channel: String,
    from requester: String = "asker",
    fallback: Bool? = nil,
    expires: Int? = nil,
    at seconds: Double = 0,
    resolution: [String: Any]? = nil,
    more: [String: Any] = [:]
  ) {
    var value: [String: Any] = [
      "id": id, "requester": ["user": requester, "mail": "asker@corp.example"], "recipient": recipient,
      "channel": channel, "requestedAt": time(seconds),
    ]
    value["fallback"] = fallback
    value["expiresInSeconds"] = expires
    value["resolution"] = resolution
    value.merge(more) { _, new in new }
    send(.contactRequests, key: recipient, value)
  }

  /// What the schemas find wrong with everything that is kept.
  func schemaProblems() throws -> [String] {
    var events: [String: [[UInt8]]] = [:]
    for output in outputs {
      guard let type = output.headers["ce_type"], let bytes = output.bytes else { continue }
      events[type, default: []].append(bytes)
    }
    return try EventSchemas.problems(in: events)
  }
}

/// Lends several strings as views at once.
enum Views {
  static func lend(_ texts: [String], _ body: ([ByteView]) -> Void) {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    for text in texts {
      let start = bytes.count
      bytes.append(contentsOf: text.utf8)
      ranges.append(start..<bytes.count)
    }
    bytes.append(0)
    bytes.withUnsafeBytes { raw in
      let view = ByteView(raw)
      body(ranges.map { view[$0] })
    }
  }
}

extension [String: Any] {
  func text(_ key: String) -> String? { self[key] as? String }
  func number(_ key: String) -> Int? { (self[key] as? NSNumber)?.intValue }
  func texts(_ key: String) -> [String] { self[key] as? [String] ?? [] }
  func map(_ key: String) -> [String: Any] { self[key] as? [String: Any] ?? [:] }
}
