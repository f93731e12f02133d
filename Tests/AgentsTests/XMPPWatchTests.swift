// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

/// A machine that watches, with a clock that the test turns.
private struct Watcher {
  var machine: XMPPWatchMachine
  var time = Duration.zero

  init(_ settings: XMPPWatchMachine.Settings = .init()) { machine = XMPPWatchMachine(settings) { 0.5 } }

  var moment: XMPPMoment {
    XMPPMoment(time: time, wall: Timestamp(milliseconds: 1_800_000_000_000 + Int64(time / .milliseconds(1))))
  }

  mutating func watch(_ text: String) throws {
    let address = try IMAddress(text)
    machine.watch(address, as: try #require(XMPPAddress(address, host: "corp.example")), at: moment)
  }

  mutating func unwatch(_ text: String) throws {
    let address = try IMAddress(text)
    machine.unwatch(address, as: try #require(XMPPAddress(address, host: "corp.example")))
  }

  mutating func open() { machine.opened(as: "portal.corp.example", at: moment) }

  /// What is sent by now, as `type to`.
  @discardableResult
  mutating func sent() throws -> [String] {
    _ = machine.advance(at: moment)
    let text = machine.outbox
    machine.outbox = ""
    let root = try #require(XMLElement.parse(Array("<x>\(text)</x>".utf8)))
    #expect(root.children.allSatisfy { $0.attributes["from"] == "portal.corp.example" })
    return root.children.map { "\($0.attributes["type"] ?? "") \($0.attributes["to"] ?? "")" }
  }

  /// Lets time pass, and what is due happen; gives what was sent.
  @discardableResult
  mutating func pass(_ duration: Duration) throws -> [String] {
    let end = time + duration
    var all = try sent()
    while let wake = machine.advance(at: moment), wake <= end {
      time = max(time, wake)
      all += try sent()
    }
    time = end
    return try all + sent()
  }

  mutating func receive(_ from: String, _ text: String = "/>") throws {
    let stanza = "<presence from='\(from)' to='portal.corp.example' \(text)"
    try machine.received(XMPPPresence(try #require(XMLElement.parse(Array(stanza.utf8)))), at: moment)
  }

  /// What was told since the last call: `state device message`, `lost code`, `refused code`.
  mutating func told() -> [String] {
    defer { machine.effects = [] }
    return machine.effects.map { event in
      switch event {
      case .reading(let reading):
        ["\(reading.state)", reading.device, reading.statusMessage].compactMap { $0 }.joined(separator: " ")
      case .lost(_, let error): "lost \(error.code.rawValue)"
      case .refused(_, let error): "refused \(error.code.rawValue)"
      }
    }
  }
}

private let desk = XMPPWatch.device(of: "desk") ?? ""
private let phone = XMPPWatch.device(of: "phone") ?? ""
private let jane = "jane@corp.example"
private let broken = AgentError(.connectionFailed, "It broke.")

struct XMPPWatchTests {
  /// A watcher of jane, of whom the server has told that she is at her desk.
  private func atDesk(_ settings: XMPPWatchMachine.Settings = .init()) throws -> Watcher {
    var watcher = Watcher(settings)
    watcher.open()
    try watcher.watch(jane)
    #expect(try watcher.sent() == ["probe jane@corp.example"])
    try watcher.receive("jane@corp.example/desk")
    #expect(watcher.told() == ["online \(desk)"])
    try watcher.pass(.seconds(5))
    return watcher
  }

  @Test("Who is watched before there is a connection is probed when it comes about, and under any spelling")
  func spellings() throws {
    var watcher = Watcher()
    try watcher.watch("xmpp:Jane@corp.example")
    try watcher.watch("jane")
    #expect(try watcher.sent() == [])
    watcher.open()
    #expect(try watcher.pass(.seconds(1)) == ["probe jane@corp.example"])
    try watcher.receive("jane@corp.example/desk", "><show>dnd</show><status>Busy</status></presence>")
    #expect(watcher.told() == ["busy \(desk) Busy", "busy \(desk) Busy"])
    try watcher.unwatch("jane")
    try watcher.receive("jane@corp.example/desk")
    #expect(watcher.told() == ["online \(desk)"])
    try watcher.unwatch("xmpp:JANE@corp.example")
    #expect(throws: XMPPRefusal.unwatchedSource) { try watcher.receive("jane@corp.example/desk") }
    #expect(try watcher.pass(.seconds(600)) == [])
  }

  @Test("Nobody who is not watched changes anything, whatever he sends")
  func forged() throws {
    var watcher = try atDesk()
    for text in ["/>", "type='unavailable'/>", "type='unsubscribed'/>", "type='subscribe'/>", "type='error'/>"] {
      for source in ["mallory@corp.example/desk", "jane@evil.example/desk", "corp.example", "portal.corp.example"] {
        #expect(throws: XMPPRefusal.unwatchedSource) { try watcher.receive(source, text) }
      }
    }
    #expect(watcher.told() == [])
    #expect(try watcher.sent() == [])
    #expect(watcher.machine.watches.count == 1)
  }

  @Test("Readings are renewed well before their lease lapses, and each has a later moment")
  func renewal() throws {
    var watcher = try atDesk()
    var last = Int64.min
    for _ in 0..<3 {
      let sent = try watcher.pass(.seconds(151))
      #expect(sent == ["probe jane@corp.example"])
      for _ in 0..<2 {  // the same moment twice by the clock
        try watcher.receive("jane@corp.example/desk")
        guard case .reading(let reading)? = watcher.machine.effects.last else {
          Issue.record("no reading")
          return
        }
        #expect(reading.observedAt.milliseconds > last)
        #expect(reading.leaseSeconds == 300)
        last = reading.observedAt.milliseconds
      }
    }
  }

  @Test("A resource goes a little later than it says, and not if it comes back")
  func departure() throws {
    var watcher = try atDesk()
    try watcher.receive("jane@corp.example/phone", "><show>away</show></presence>")
    #expect(watcher.told() == ["away \(phone)"])
    try watcher.receive("jane@corp.example/desk", "type='unavailable'><status>Bye</status></presence>")
    try watcher.pass(.milliseconds(900))
    #expect(watcher.told() == [])
    try watcher.pass(.milliseconds(200))
    #expect(watcher.told() == ["offline \(desk) Bye"])
    try watcher.receive("jane@corp.example/phone", "type='unavailable'/>")
    try watcher.receive("jane@corp.example/phone", "><show>chat</show></presence>")
    try watcher.pass(.seconds(5))
    #expect(watcher.told() == ["online \(phone)"])
  }

  @Test("The bare address goes with all its resources, and stays known as offline")
  func bareDeparture() throws {
    var watcher = try atDesk()
    try watcher.receive("jane@corp.example/phone")
    try watcher.receive(jane, "type='unavailable'/>")
    try watcher.pass(.seconds(2))
    #expect(Set(watcher.told()) == ["online \(phone)", "offline \(desk)", "offline \(phone)"])
    #expect(try watcher.pass(.seconds(150)) == ["probe jane@corp.example"])
    try watcher.receive(jane, "type='unavailable'/>")
    #expect(watcher.told() == ["offline"])
  }

  @Test("A server that shuts down says that everybody goes, and ends the stream: nobody is told as gone")
  func shutdown() throws {
    var watcher = try atDesk()
    try watcher.receive("jane@corp.example/desk", "type='unavailable'/>")
    watcher.machine.closed(broken, at: watcher.moment)
    #expect(watcher.told() == ["lost connectionFailed"])
    try watcher.pass(.seconds(10))
    watcher.open()
    #expect(try watcher.sent() == ["probe jane@corp.example"])
    // The client is not back yet.
    try watcher.receive(jane, "type='unavailable'/>")
    try watcher.pass(.seconds(30))
    #expect(watcher.told() == [])
    try watcher.receive("jane@corp.example/desk")
    try watcher.pass(.seconds(60))
    #expect(watcher.told() == ["online \(desk)"])
  }

  @Test("Who has not come back some time after a reconnection is gone")
  func goneMeanwhile() throws {
    var watcher = try atDesk()
    watcher.machine.closed(broken, at: watcher.moment)
    watcher.open()
    try watcher.sent()
    try watcher.receive("jane@corp.example/phone")
    #expect(watcher.told() == ["lost connectionFailed", "online \(phone)"])
    try watcher.pass(.seconds(59))
    #expect(watcher.told() == [])
    try watcher.pass(.seconds(2))
    #expect(watcher.told() == ["offline \(desk)"])
  }

  @Test("A resource that the answer to a probe does not name is gone")
  func settling() throws {
    var watcher = try atDesk()
    try watcher.receive("jane@corp.example/phone")
    _ = watcher.told()
    #expect(try watcher.pass(.seconds(150)) == ["probe jane@corp.example"])
    try watcher.receive("jane@corp.example/phone")
    try watcher.pass(.seconds(10))
    #expect(watcher.told() == ["online \(phone)", "offline \(desk)"])
  }

  @Test("Who does not let himself be seen is refused, asked once, and watched when he agrees")
  func consent() throws {
    var watcher = Watcher()
    watcher.open()
    try watcher.watch(jane)
    try watcher.sent()
    try watcher.receive(jane, "type='unsubscribed'/>")
    #expect(try watcher.sent() == ["subscribe jane@corp.example"])
    #expect(watcher.told() == ["refused unauthorized"])
    // Prosody says this of everybody who is asked.
    #expect(throws: XMPPRefusal.unconfirmed) { try watcher.receive(jane, "type='unavailable'/>") }
    let hours = try watcher.pass(.seconds(4 * 3_600))
    #expect(!hours.isEmpty && hours.allSatisfy { $0 == "probe jane@corp.example" })
    try watcher.receive(jane, "type='subscribed'/>")
    #expect(watcher.told().filter { !$0.hasPrefix("lost") } == [])
    #expect(try watcher.sent() == ["probe jane@corp.example"])
    try watcher.receive("jane@corp.example/desk")
    #expect(watcher.told() == ["online \(desk)"])
    // And then takes it back: nobody asks again at once.
    try watcher.pass(.seconds(5))
    try watcher.receive(jane, "type='unsubscribed'/>")
    #expect(watcher.told() == ["refused unauthorized"])
    #expect(try watcher.sent() == [])
    #expect(throws: XMPPRefusal.unconfirmed) { try watcher.receive("jane@corp.example/desk", "type='unavailable'/>") }
  }

  @Test("Nobody is asked where that is not wanted; who asks is answered")
  func asking() throws {
    var settings = XMPPWatchMachine.Settings()
    settings.asksForSubscription = false
    var watcher = Watcher(settings)
    watcher.open()
    try watcher.watch(jane)
    try watcher.sent()
    try watcher.receive(jane, "type='unsubscribed'/>")
    #expect(try watcher.sent() == [])
    try watcher.receive(jane, "type='subscribe'/>")
    #expect(try watcher.sent() == ["subscribed jane@corp.example"])
  }

  @Test("A server that says nothing of those who are offline (ejabberd) renews them by the subscription")
  func silence() throws {
    var watcher = try atDesk()
    try watcher.receive("jane@corp.example/desk", "type='unavailable'/>")
    try watcher.pass(.seconds(2))
    #expect(watcher.told() == ["offline \(desk)"])
    let sent = try watcher.pass(.seconds(165))
    #expect(sent == ["probe jane@corp.example", "subscribe jane@corp.example", "probe jane@corp.example"])
    try watcher.receive(jane, "type='subscribed'/>")
    #expect(watcher.told() == ["offline"])
  }

  @Test("Who is not heard of any more is lost and not offline, and is tried again with pauses that grow")
  func lost() throws {
    var watcher = try atDesk()
    #expect(try watcher.pass(.seconds(145 + 10 + 20 + 30)).count == 3)
    #expect(watcher.told() == ["lost timeout"])
    #expect(watcher.machine.losses == 1)
    let later = try watcher.pass(.seconds(3_600)).count
    #expect(later > 5 && later < 60)
    try watcher.receive("jane@corp.example/desk")
    #expect(watcher.told().last == "online \(desk)")
  }

  @Test(
    "An error of the address is a refusal, one of the way to it a loss",
    arguments: [("item-not-found", "refused unauthorized"), ("remote-server-timeout", "lost unavailable")]
  )
  func errors(condition: String, told: String) throws {
    var watcher = try atDesk()
    try watcher.receive(jane, "type='error'><error type='cancel'><\(condition)/></error></presence>")
    #expect(watcher.told() == [told])
    try watcher.pass(.seconds(20))
    #expect(!watcher.told().contains { $0.hasPrefix("offline") })
  }

  @Test("Probes go out at a bounded rate, and all of them in the end")
  func pace() throws {
    var settings = XMPPWatchMachine.Settings()
    settings.probesPerSecond = 50
    var watcher = Watcher(settings)
    for number in 0..<1_000 { try watcher.watch("user\(number)@corp.example") }
    watcher.open()
    #expect(try watcher.pass(.seconds(2)).count <= 105)
    #expect(Set(try watcher.pass(.seconds(8))).count >= 300)
  }

  @Test("A user's resources are bounded")
  func resources() throws {
    var watcher = try atDesk()
    for number in 0..<15 { try watcher.receive("jane@corp.example/\(number)") }
    #expect(throws: XMPPRefusal.tooManyResources) { try watcher.receive("jane@corp.example/one-more") }
    try watcher.receive("jane@corp.example/desk")
  }

  @Test("Turns of addresses that come and go are not kept")
  func bounded() throws {
    var watcher = Watcher()
    watcher.open()
    for round in 0..<1_000 {
      try watcher.watch("user\(round)@corp.example")
      try watcher.unwatch("user\(round)@corp.example")
    }
    #expect(watcher.machine.turns.count <= 66)
  }
}
