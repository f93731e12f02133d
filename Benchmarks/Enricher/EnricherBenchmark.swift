// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Worker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Decode, apply and encode alone, on one core and without a broker: changes in, full snapshots out.
///
///     enricher-benchmark [users] [events] [rounds]
///
/// Prints one JSON line a round: events a second, nanoseconds an event, bytes of a snapshot, bytes of store a user.
@main
struct EnricherBenchmark {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let users = arguments.first ?? 100_000
    let events = arguments.dropFirst().first ?? 2_000_000
    let rounds = arguments.dropFirst(2).first ?? 3
    let inputs = Inputs(users: users)

    var settings = EnricherSettings()
    settings.coalesce = false
    var bytes = 0
    var published = 0
    let start = Timestamp(milliseconds: 1_795_335_330_123)
    let harness = EnricherHarness(settings: settings, wall: start) { output in
      bytes += output.value?.count ?? 0
      published += 1
      return true
    }
    inputs.applyProfiles(to: harness)
    harness.commit()
    for round in 0..<rounds {
      bytes = 0
      published = 0
      let began = seconds()
      for index in 0..<events {
        inputs.applyChange(number: round * events + index, to: harness)
        if index % 20_000 == 19_999 { harness.commit() }
      }
      harness.commit()
      let taken = seconds() - began
      print(
        #"{"benchmark":"decode-apply-encode","users":\#(users),"events":\#(events),"eventsPerSecond":"#
          + #"\#(Int(Double(events) / taken)),"nanosecondsPerEvent":\#(Int(taken * 1e9 / Double(events))),"#
          + #""snapshots":\#(published),"bytesPerSnapshot":\#(bytes / max(1, published)),"#
          + #""storeBytesPerUser":\#(harness.storeBytes / max(1, harness.users))}"#
      )
    }
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Prepared changes: one template per user whose state, time and sequence are written over in place.
private final class Inputs {
  private struct Template {
    var bytes: UnsafeMutablePointer<UInt8>
    var count: Int
    var key: ByteView
    var state: Int
    var second: Int
    var sequence: Int
  }

  private var templates: [Template] = []
  private var order: [Int32] = []

  init(users: Int) {
    var random: UInt64 = 42
    for number in 0..<users {
      let user = "user" + String(repeating: "0", count: max(0, 6 - String(number).count)) + String(number)
      let text =
        #"{"user":"\#(user)","imAddress":"sip:\#(user)@corp.example","source":"lync-emea","device":"desktop","#
        + #""state":"busy","statusMessage":"In a meeting until 3pm","observedAt":"2026-11-22T08:15:30.123Z","#
        + #""sequence":100000000}"#
      let utf8 = Array(text.utf8)
      let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: utf8.count)
      bytes.update(from: utf8, count: utf8.count)
      let key = ByteView(base: bytes + 9, count: user.utf8.count)
      templates.append(
        Template(
          bytes: bytes,
          count: utf8.count,
          key: key,
          state: Inputs.find(#""busy""#, in: text) + 1,
          second: Inputs.find("15:30.123Z", in: text),
          sequence: Inputs.find("100000000}", in: text)
        )
      )
      random = random &* 6_364_136_223_846_793_005 &+ 1
    }
    for _ in 0..<1 << 20 {
      random = random &* 6_364_136_223_846_793_005 &+ 1
      order.append(Int32((random >> 33) % UInt64(users)))
    }
  }

  private static func find(_ needle: String, in text: String) -> Int {
    let haystack = Array(text.utf8)
    let wanted = Array(needle.utf8)
    return (0..<haystack.count).first { haystack[$0...].starts(with: wanted) } ?? 0
  }

  func applyProfiles(to harness: EnricherHarness) {
    for template in templates {
      let user = template.key.string
      let text =
        #"{"user":"\#(user)","displayName":"Person \#(user)","mail":"\#(user)@corp.example","#
        + #""enterpriseAddress":"sip:\#(user)@corp.example"}"#
      ByteView.withView(of: text) { harness.apply(.userProfiles, key: template.key, value: $0) }
    }
  }

  /// Every change is material: the state turns from event to event of a user.
  func applyChange(number: Int, to harness: EnricherHarness) {
    let template = templates[Int(order[number & (1 << 20 - 1)])]
    let isBusy = template.bytes[template.state] == UInt8(ascii: "b")
    for (offset, byte) in (isBusy ? Inputs.away : Inputs.busy).enumerated() {
      template.bytes[template.state + offset] = byte
    }
    var rest = 100_000_000 + number
    for position in stride(from: 8, through: 0, by: -1) {
      template.bytes[template.sequence + position] = UInt8(0x30 + rest % 10)
      rest /= 10
    }
    harness.apply(
      .presenceChanges,
      key: template.key,
      value: ByteView(base: template.bytes, count: template.count)
    )
  }

  private static let away = Array("away".utf8)
  private static let busy = Array("busy".utf8)
}
