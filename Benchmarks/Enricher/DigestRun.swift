// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Worker

/// Runs a fixed, varied input through the enricher and digests every byte that is published.
///
/// Two builds that print the same digest do the same: what whoever makes the enricher faster checks first. It covers
/// what the hot path's short cuts could get wrong: sequences and times that go back, several devices, upper case,
/// escapes, texts of all lengths, leases, asks, answers, deletions, broken JSON, roll-backs.
struct DigestRun {
  private static let messages = [
    "", "Lunch", "In a meeting until 3pm", "Zurück um 15:00 – „bald“", #"a \"quote\" and a \\ backslash\n"#,
    String(repeating: "long ", count: 60), "\u{202E}reversed", "tab\\tinside",
  ]
  private static let states = ["online", "busy", "away", "offline", "idle", "asleep"]

  func run() -> String {
    (0..<4).map { String(digest(seed: UInt64($0), coalesce: $0 % 2 == 1), radix: 16) }.joined(separator: " ")
  }

  private func digest(seed: UInt64, coalesce: Bool) -> UInt64 {
    var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
    var digest = Digest()
    let harness = EnricherHarness(
      settings: settings(coalesce: coalesce),
      wall: Timestamp(milliseconds: 1_795_335_330_000)
    ) { output in
      digest.combine(output.partition.topic.rawValue)
      if let key = output.key { digest.combine(key) }
      if let value = output.value { digest.combine(value) }
      for header in output.headers {
        digest.combine(header.name)
        if let value = header.value { digest.combine(value) }
      }
      return true
    }
    for step in 0..<40_000 {
      harness.wall = harness.wall.adding(milliseconds: Int64(random.below(40)))
      harness.monotonic += Int64(random.below(40))
      let user = "user\(random.below(150))"
      let (topic, text) = input(of: user, at: harness.wall, step: step, &random)
      ByteView.withView(of: user) { key in
        ByteView.withView(of: text) { harness.apply(topic, key: key, value: text.isEmpty ? nil : $0) }
      }
      switch random.below(60) {
      case 0: harness.rollback()
      case 1...3: harness.commit()
      case 4: harness.confirmCaughtUp()
      case 5...6: harness.runTimers()
      default: break
      }
    }
    harness.commit()
    return digest.value
  }

  private func settings(coalesce: Bool) -> EnricherSettings {
    var settings = EnricherSettings()
    settings.coalesce = coalesce
    settings.changeCredentials = coalesce
    do {
      let lync = AgentDescriptor(
        name: "lync",
        claims: [ClaimRule(scheme: .scheme(.sip))],
        launch: try IMLaunch(client: "Microsoft Communicator", prefix: "sip:")
      )
      settings.agents = try AgentDirectory([lync])
    } catch {
      preconditionFailure("the agents of the digest are well-formed: \(error)")
    }
    return settings
  }

  private func input(
    of user: String,
    at wall: Timestamp,
    step: Int,
    _ random: inout Random
  ) -> (LogTopic, String) {
    let time = wall.adding(milliseconds: Int64(random.below(3_000)) - 2_500)
    let address = [
      #""sip:\#(user)@corp.example""#, #""SIP:\#(user)@Corp.Example""#, #""\#(user)@chat.example""#, "null",
    ]
    switch random.below(40) {
    case 0: return (.userProfiles, "")
    case 1...3:
      return (
        .userProfiles,
        #"{"user":"\#(user)","displayName":"Person \#(user)","mail":"\#(user)@corp.example","#
          + #""enterpriseAddress":\#(address[random.below(3)]),"presenceEnabled":\#(random.below(9) > 0)}"#
      )
    case 4:
      return (
        .userProfiles,
        #"{"user":"\#(user)","networkPresence":{"imAddress":\#(address[random.below(3)]),"displayName":"Net"}}"#
      )
    case 5...6:
      return (.presenceChanges, #"{"user":"\#(user)","source":"portal","observedAt":"\#(time)"}"#)
    case 7...9:
      let end = #""state":"busy""#
      let failure = #""failure":{"code":"timeout","message":"none"}"#
      return (
        .presenceChanges,
        #"{"user":"\#(user)","imAddress":\#(address[random.below(3)]),"source":"lync","lookupId":"\#(step)","#
          + #""observedAt":"\#(time)",\#(random.below(4) == 0 ? failure : end)}"#
      )
    case 10:
      return (
        .contactRequests,
        #"{"id":"r\#(step)","requester":{"user":"anna","mail":"anna@corp.example"},"recipient":"\#(user)","#
          + #""channel":"auto","subject":"Hello","requestedAt":"\#(time)"}"#
      )
    case 11: return (.presenceChanges, #"{"user":"\#(user)","source":"#)
    default:
      var text = #"{"user":"\#(user)","imAddress":\#(address[random.below(4)]),"source":"gateway-\#(random.below(2))","#
      if random.below(3) > 0 { text += #""device":"\#(random.below(2) == 0 ? "phone" : "desktop")","# }
      text += #""state":"\#(DigestRun.states[random.below(200) == 0 ? 5 : random.below(5)])","#
      text += #""statusMessage":"\#(DigestRun.messages[random.below(DigestRun.messages.count)])","#
      if random.below(2) == 0 { text += #""sequence":\#(step + random.below(60)),"# }
      if random.below(4) == 0 { text += #""leaseSeconds":\#(1 + random.below(90)),"# }
      return (.presenceChanges, text + #""observedAt":"\#(time)"}"#)
    }
  }
}

/// A generator that gives the same numbers everywhere (Knuth's MMIX constants).
private struct Random {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}

/// FNV-1a.
private struct Digest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

  mutating func combine(_ view: ByteView) {
    for byte in view.raw { combine(byte) }
    combine(0xFF)
  }
}
