// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Kafka
import PresenceEvents
import PresenceModel
import Testing
import Worker

@testable import presence_worker

@Suite("send: events from options")
struct SendOptionTests {
  @Test("a change has what the options say")
  func change() throws {
    let command = try SendChangeCommand.parse([
      "jane", "busy", "--message", "In a meeting", "--source", "lync", "--device", "desktop", "--address",
      "sip:jane@corp.example", "--sequence", "7", "--lease", "5m", "--observed-at", "2026-11-22T08:15:30.123Z",
    ])
    let event = try command.event()
    #expect(event.key == "jane")
    #expect(
      event.value.map { String(decoding: $0, as: UTF8.self) }
        == #"{"user":"jane","imAddress":"sip:jane@corp.example","source":"lync","device":"desktop","state":"busy","#
        + #""statusMessage":"In a meeting","observedAt":"2026-11-22T08:15:30.123Z","sequence":7,"leaseSeconds":300}"#
    )
  }

  @Test("a change without a state asks, for something that is not older than --within")
  func ask() throws {
    let before = SystemLaneClock().wall
    let event = try SendChangeCommand.parse(["jane", "--within", "1m"]).event()
    let value = try #require(event.value)
    try value.withUnsafeBytes { bytes in
      let decoder = EventDecoder()
      let change = try decoder.change(bytes)
      #expect(change.isAsk)
      #expect(change.observedAt >= before.adding(milliseconds: -60_000))
      #expect(change.observedAt <= SystemLaneClock().wall.adding(milliseconds: -60_000))
    }
  }

  @Test("a request has a new id every time, and goes by its recipient")
  func contact() throws {
    let arguments = ["tom", "jane", "--channel", "im", "--no-fallback", "--subject", "Lunch?", "--expires", "3s"]
    let first = try SendContactCommand.parse(arguments).event()
    let second = try SendContactCommand.parse(arguments).event()
    #expect(first.key == "jane")
    #expect(!first.requestID.isEmpty)
    #expect(first.requestID != second.requestID)
    let value = try #require(first.value)
    try value.withUnsafeBytes { bytes in
      let decoder = EventDecoder()
      let request = try decoder.request(bytes)
      #expect(request.channel == .im)
      #expect(!request.fallback)
      #expect(request.subject == ByteView("Lunch?"))
      #expect(request.expiresInSeconds == 3)
      #expect(request.requester.mail.isEmpty)
    }
  }

  @Test("deleting a user or a space is a null value")
  func tombstones() throws {
    let user = try SendProfileCommand.parse(["jane", "--delete"]).event()
    #expect(user == OutgoingEvent(type: .userProfile, key: "jane", value: nil))
    let space = try SendSpaceCommand.parse(["board", "--delete"]).event()
    #expect(space == OutgoingEvent(type: .portalSpace, key: "board", value: nil))
  }

  @Test("a profile and a space have what the options say")
  func profileAndSpace() throws {
    let profile = try SendProfileCommand.parse([
      "jane", "--name", "Jane", "--mail", "jane@corp.example", "--network-address", "xmpp:j@home.example",
      "--no-presence",
    ]).event()
    let text = String(decoding: try #require(profile.value), as: UTF8.self)
    #expect(text.contains(#""mail":"jane@corp.example""#))
    #expect(text.contains(#""presenceEnabled":false"#))
    let space = try SendSpaceCommand.parse(["board", "--services", "mail", "--no-imp"]).event()
    #expect(
      space.value.map { String(decoding: $0, as: UTF8.self) }
        == #"{"space":"board","impEnabled":false,"services":["mail"]}"#
    )
  }

  @Test("what the worker would refuse is refused before it is sent")
  func refused() throws {
    let failure = try #require(throws: CommandFailure.self) {
      try SendChangeCommand.parse(["", "busy"]).event()
    }
    #expect(failure.status == .usage)
    #expect(failure.message.contains("user"))
    let long = String(repeating: "x", count: 2_000)
    #expect(throws: CommandFailure.self) { try SendContactCommand.parse(["tom", "jane", "--subject", long]).event() }
  }

  @Test(
    "wrong usage is said by the parser",
    arguments: [
      ["change"], ["change", "jane", "idle-ish"], ["change", "jane", "busy", "--within", "1m"], ["contact", "tom"],
      ["contact", "tom", "jane", "--channel", "fax"], ["space", "board", "--services", "fax"],
      ["contact", "--file", "x", "--wait"],
    ]
  )
  func usage(arguments: [String]) {
    #expect(throws: (any Error).self) { try SendCommand.parseAsRoot(arguments) }
  }
}

@Suite("send: events from lines")
struct SendLineTests {
  @Test("every line is an event, empty ones are passed over, unknown fields are dropped")
  func lines() throws {
    let text = """
      {"user":"a","source":"x","state":"idle","observedAt":"2026-11-22T10:00:00Z","new":1}

      {"user":"b","source":"x","observedAt":"2026-11-22T10:00:00+01:00"}

      """
    let events = try OutgoingEvent.lines(.presenceChange, of: Array(text.utf8), named: "x")
    #expect(events.map(\.key) == ["a", "b"])
    #expect(
      events.compactMap(\.value).map { String(decoding: $0, as: UTF8.self) } == [
        #"{"user":"a","source":"x","state":"online","observedAt":"2026-11-22T10:00:00.000Z"}"#,
        #"{"user":"b","source":"x","observedAt":"2026-11-22T09:00:00.000Z"}"#,
      ]
    )
  }

  @Test("one wrong line sends nothing, and every wrong line is named")
  func wrongLines() {
    let text = "{\"user\":\"a\"}\n{\"user\":\"b\",\"source\":\"x\",\"observedAt\":\"2026-11-22T10:00:00Z\"}\nnope\n"
    let failure = #expect(throws: CommandFailure.self) {
      try OutgoingEvent.lines(.presenceChange, of: Array(text.utf8), named: "in.ndjson")
    }
    #expect(failure?.status == .data)
    #expect(failure?.message.contains("in.ndjson:1: source is missing") == true)
    #expect(failure?.message.contains("in.ndjson:2:") == false)
    #expect(failure?.message.contains("in.ndjson:3: ") == true)
    #expect(failure?.advice.hasPrefix("Nothing was sent.") == true)
  }

  @Test("of a thousand wrong lines ten are shown, and the rest is counted")
  func manyWrongLines() {
    let text = String(repeating: "{}\n", count: 1_000)
    let failure = #expect(throws: CommandFailure.self) {
      try OutgoingEvent.lines(.userProfile, of: Array(text.utf8), named: "-")
    }
    #expect(failure?.message.split(separator: "\n").count == 11)
    #expect(failure?.message.hasSuffix("… and 990 more") == true)
  }
}
