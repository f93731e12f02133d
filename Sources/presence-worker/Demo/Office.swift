// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel

/// The people of the simulated office, and what they do: a script of events that repeats with variations.
///
/// Some sit on the enterprise's server, which pushes their presence; some have chosen a chat network of their own, which
/// has to be asked.
struct Office {
  struct Person {
    var user: String
    var name: String
    /// The address on the chat network; nil for those who sit on the enterprise's server.
    var chat: String?

    var mail: String { "\(user)@corp.example" }
    var address: String { chat ?? "sip:\(user)@corp.example" }
  }

  static let people = [
    Person(user: "anna", name: "Anna Lindqvist"), Person(user: "bela", name: "Béla Kovács"),
    Person(user: "chen", name: "Chen Wei"), Person(user: "dina", name: "Dina Haddad"),
    Person(user: "emil", name: "Emil Novák"), Person(user: "fumiko", name: "Fumiko Sato"),
    Person(user: "gus", name: "Gus O’Brien", chat: "gus@chat.example"),
    Person(user: "hana", name: "Hana Suzuki", chat: "hana@chat.example"),
  ]

  static let moods: [(state: PresenceState, message: String)] = [
    (.online, ""), (.busy, "In a meeting until 3pm"), (.online, "At my desk"), (.away, "Lunch"),
    (.busy, "On the phone"), (.offline, ""), (.online, "Working from home"), (.away, "Back in five"),
  ]

  static let subjects = ["Lunch?", "Budget for 2027", "Your comment on the draft", "Release notes"]

  private var random: UInt64
  private var sequence: Int64 = 0

  init(seed: UInt64) { random = seed }

  private mutating func pick(_ count: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((random >> 33) % UInt64(count))
  }

  // MARK: Events

  /// The profile of a person.
  static func profile(_ person: Person, _ encoder: EventEncoder, _ body: (UnsafeRawBufferPointer) -> Void) {
    Texts.lend([person.user, person.name, person.mail, "sip:\(person.user)@corp.example", person.chat ?? ""]) { text in
      var profile = UserProfile(user: text[0])
      profile.displayName = text[1]
      profile.mail = text[2]
      profile.enterpriseAddress = text[3]
      profile.networkAddress = text[4]
      if person.chat != nil { profile.networkDisplayName = text[1] }
      body(encoder.profile(profile))
    }
  }

  /// Somebody's presence changes: pushed by the enterprise's server, or on the chat network, where nobody hears of it
  /// before somebody asks.
  mutating func change(
    of chosen: Person? = nil,
    now: Timestamp,
    chat: OfficeAgent,
    server: OfficeAgent,
    _ encoder: EventEncoder,
    _ body: (Person, UnsafeRawBufferPointer) -> Void
  ) {
    let person = chosen ?? Office.people[pick(Office.people.count)]
    let mood = Office.moods[pick(Office.moods.count)]
    sequence += 1
    (person.chat == nil ? server : chat).set(person.address, mood.state, message: mood.message)
    if person.chat != nil {
      // The page of a colleague who looks at the person asks.
      Texts.lend([person.user, "portal"]) { text in
        body(person, encoder.change(PresenceChange(user: text[0], source: text[1], observedAt: now)))
      }
      return
    }
    Texts.lend([person.user, "office-server", "desktop", mood.message, person.address]) { text in
      var change = PresenceChange(user: text[0], source: text[1], observedAt: now)
      change.device = text[2]
      change.statusMessage = text[3]
      change.imAddress = text[4]
      change.state = mood.state
      change.sequence = sequence
      body(person, encoder.change(change))
    }
  }

  /// Somebody wants to reach somebody.
  mutating func request(
    number: Int,
    now: Timestamp,
    _ encoder: EventEncoder,
    _ body: (Person, UnsafeRawBufferPointer) -> Void
  ) {
    let first = pick(Office.people.count)
    let sender = Office.people[first]
    let recipient = Office.people[(first + 1 + pick(Office.people.count - 1)) % Office.people.count]
    let channels: [ContactChannel] = [.auto, .auto, .auto, .im, .mail]
    let channel = channels[pick(channels.count)]
    let subject = Office.subjects[pick(Office.subjects.count)]
    Texts.lend(["demo-\(number)", sender.user, sender.name, sender.mail, recipient.user, subject]) { text in
      var requester = ContactRequest.Requester(user: text[1])
      requester.displayName = text[2]
      requester.mail = text[3]
      var request = ContactRequest(
        id: text[0],
        requester: requester,
        recipient: text[4],
        channel: channel,
        requestedAt: now
      )
      request.subject = text[5]
      body(recipient, encoder.request(request))
    }
  }
}

/// Lends several strings as views at once.
enum Texts {
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
