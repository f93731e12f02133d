// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// A run of presence changes side by side in one buffer, as records lie in a fetched batch: each a key and a value.
///
/// The users are drawn at random; the buffer is read from its beginning to its end. Before each pass `advance` writes
/// times and sequence numbers over in place, and turns states where that is needed so that every change of a user says
/// another state than the one before: every event is material.
struct ChangeStream: ~Copyable {
  private struct Event {
    var start: Int
    /// Whether the user has an odd number of events, so that the states of the next pass are the other ones.
    var turns: Bool
  }

  private let bytes: UnsafeMutablePointer<UInt8>
  private let layout: EventLayout
  private var events: [Event] = []
  private var passes = 0
  private let began: Timestamp

  /// The number of events of one pass.
  var count: Int { events.count }

  /// A stream of changes of `users` users that were observed from `began` on.
  init(count: Int, users: Int, began: Timestamp) {
    self.began = began
    layout = EventLayout(user: UserNames.name(0))
    bytes = .allocate(capacity: count * layout.stride)
    events.reserveCapacity(count)
    var perUser = [UInt32](repeating: 0, count: users)
    var chosen: [Int32] = []
    var random: UInt64 = 42
    for index in 0..<count {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let user = Int((random >> 33) % UInt64(users))
      let start = index * layout.stride
      layout.write(UserNames.name(user), isBusy: perUser[user] % 2 == 0, to: bytes + start)
      perUser[user] += 1
      chosen.append(Int32(user))
      events.append(Event(start: start, turns: false))
    }
    for index in 0..<count { events[index].turns = perUser[Int(chosen[index])] % 2 == 1 }
  }

  deinit { bytes.deallocate() }

  /// Makes the next pass of the events.
  mutating func advance() {
    let first = passes * events.count
    for (index, event) in events.enumerated() {
      let start = bytes + event.start
      if event.turns, passes > 0 { layout.turnState(of: start) }
      layout.set(sequence: 100_000_000 + first + index, of: start)
      // A hundred thousand changes a second, not quite in order.
      let jitter = (index &* 7_919) % 40
      layout.set(observedAt: began.adding(milliseconds: Int64((first + index) / 100 + jitter)), of: start)
    }
    passes += 1
  }

  /// The key and the value of an event of the pass.
  @inline(__always)
  func event(_ index: Int) -> (key: ByteView, value: ByteView) {
    let start = bytes + events[index].start
    return (
      ByteView(base: start, count: layout.keyLength),
      ByteView(base: start + layout.keyLength, count: layout.valueLength)
    )
  }
}

/// The names of the benchmark's users, all of one length.
enum UserNames {
  static func name(_ number: Int) -> String {
    let digits = String(number)
    return "user" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
  }
}

/// Where the parts of an event lie that differ from event to event; all events have the same length.
struct EventLayout {
  private static var busy: ByteView { ByteView("busy") }
  private static var away: ByteView { ByteView("away") }

  let keyLength: Int
  let valueLength: Int
  private let state: Int
  private let observedAt: Int
  private let sequence: Int

  var stride: Int { keyLength + valueLength }

  init(user: String) {
    let text = EventLayout.text(user: user, state: "busy")
    keyLength = user.utf8.count
    valueLength = text.utf8.count
    func place(of needle: String) -> Int {
      guard let range = text.firstRange(of: needle) else { preconditionFailure("\(needle) is in the text") }
      return user.utf8.count + text.utf8.distance(from: text.startIndex, to: range.lowerBound)
    }
    state = place(of: "busy")
    observedAt = place(of: "2026-11-22T")
    sequence = place(of: "100000000")
  }

  private static func text(user: String, state: String) -> String {
    #"{"user":"\#(user)","imAddress":"sip:\#(user)@corp.example","source":"lync-emea","device":"desktop","#
      + #""state":"\#(state)","statusMessage":"In a meeting until 3pm","observedAt":"2026-11-22T08:15:30.123Z","#
      + #""sequence":100000000}"#
  }

  /// Writes key and value of an event of a user.
  func write(_ user: String, isBusy: Bool, to target: UnsafeMutablePointer<UInt8>) {
    var index = 0
    for byte in (user + EventLayout.text(user: user, state: isBusy ? "busy" : "away")).utf8 {
      target[index] = byte
      index += 1
    }
    precondition(index == stride, "all users' names have the same length")
  }

  func turnState(of event: UnsafeMutablePointer<UInt8>) {
    let isBusy = event[state] == UInt8(ascii: "b")
    let other = isBusy ? EventLayout.away : EventLayout.busy
    for offset in 0..<4 { event[state + offset] = other[offset] }
  }

  func set(sequence number: Int, of event: UnsafeMutablePointer<UInt8>) {
    var rest = number
    for position in Swift.stride(from: 8, through: 0, by: -1) {
      event[sequence + position] = UInt8(0x30 + rest % 10)
      rest /= 10
    }
  }

  func set(observedAt time: Timestamp, of event: UnsafeMutablePointer<UInt8>) { time.write(to: event + observedAt) }
}
