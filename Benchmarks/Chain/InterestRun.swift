// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import Worker

/// The memory of users in whom somebody is interested, and how often they are looked up.
struct InterestRun {
  var users: Int

  func run() {
    var settings = EnricherSettings()
    settings.interest = .seconds(3_600)
    guard
      let agents = try? AgentDirectory([
        AgentDescriptor(name: "chat", claims: [ClaimRule(domain: GlobPattern("chat.example"))], launch: .xmpp)
      ])
    else { preconditionFailure("one name is unique") }
    settings.agents = agents
    let start = Timestamp(milliseconds: 1_795_335_330_123)
    var asked: [String] = []
    var lookups = 0
    let before = Self.residentBytes()
    let harness = EnricherHarness(settings: settings, wall: start) { output in
      if output.partition.topic == .presenceLookups {
        lookups += 1
        if let key = output.key { asked.append(key.string) }
      }
      return true
    }
    func apply(_ topic: LogTopic, _ user: String, _ value: String) {
      ByteView.withView(of: user) { key in
        ByteView.withView(of: value) { harness.apply(topic, key: key, value: $0) }
      }
    }
    func answerAll() {
      let users = asked
      asked.removeAll(keepingCapacity: true)
      for user in users {
        apply(
          .presenceChanges,
          user,
          #"{"user":"\#(user)","imAddress":"\#(user)@chat.example","source":"chat","lookupId":"l","#
            + #""state":"online","statusMessage":"At my desk","observedAt":"\#(harness.wall)","validForSeconds":60}"#
        )
      }
      harness.commit()
    }
    for number in 0..<users {
      let user = "user\(number)"
      apply(
        .userProfiles,
        user,
        #"{"user":"\#(user)","displayName":"Person \#(number)","mail":"\#(user)@corp.example","#
          + #""networkPresence":{"imAddress":"\#(user)@chat.example","displayName":"Person \#(number)"}}"#
      )
      apply(.presenceChanges, user, #"{"user":"\#(user)","source":"portal","observedAt":"\#(harness.wall)"}"#)
      if number % 10_000 == 9_999 { answerAll() }
    }
    answerAll()
    lookups = 0
    let minutes = 10
    for _ in 0..<minutes * 60 {
      harness.wall = harness.wall.adding(milliseconds: 1_000)
      harness.monotonic += 1_000
      harness.runTimers()
      answerAll()
    }
    Meter.report([
      ("benchmark", "interest"), ("users", users), ("storeBytesPerUser", harness.storeBytes / users),
      ("residentMegabytes", Double(Self.residentBytes() - before) / 1_048_576),
      ("residentBytesPerUser", (Self.residentBytes() - before) / users),
      ("lookupsPerSecond", Double(lookups) / Double(minutes * 60)),
    ])
  }

  /// The bytes of this process that lie in memory; zero where there is no /proc.
  private static func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }  // none there
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
