// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@testable import PresenceEvents

@Suite struct RoundTripTests {
  @Test(arguments: Sample.all)
  func sampleIsReadAndWrittenAgainByteForByte(_ sample: Sample) throws {
    let written = try EventDecoder().rewrite(sample.bytes, as: sample.type)
    #expect(String(decoding: written, as: UTF8.self) == sample.text)
  }

  @Test func everyTypeHasASample() {
    #expect(Set(Sample.all.map(\.type)) == Set(EventType.allCases))
  }

  @Test func oneDecoderReadsAllSamplesInTurn() throws {
    let decoder = EventDecoder()
    let encoder = EventEncoder()
    for _ in 0..<3 {
      for sample in Sample.all {
        #expect(try decoder.rewrite(sample.bytes, as: sample.type, with: encoder) == sample.bytes)
      }
    }
  }

  @Test func whiteSpaceOrderNullsAndUnknownFieldsDoNotMatter() throws {
    let text = """
      {\r\n "unknown": {"user": [1, {"state": null}], "deep": [[[]]]}, "sequence": 918273645 ,
        "observedAt":"2026-11-22T09:15:30.1239+01:00", "leaseSeconds": null, "state":"busy", "lookupId": "",
        "statusMessage":"In a meeting until 3pm", "device":"desktop", "source":"lync-emea",
        "imAddress":"sip:user012345@corp.example", "user":"us\\u0065r012345", "USER": "ignored" }\n
      """
    let written = try EventDecoder().rewrite(text, as: .presenceChange)
    #expect(written == Sample.named("presence.change.v1").text)
  }

  @Test func idleIsOnline() throws {
    let text = #"{"user":"u","source":"s","state":"idle","observedAt":"2026-11-22T08:15:30Z"}"#
    let expected = #"{"user":"u","source":"s","state":"online","observedAt":"2026-11-22T08:15:30.000Z"}"#
    #expect(try EventDecoder().rewrite(text, as: .presenceChange) == expected)
  }

  @Test func integralDoubleIsAnInteger() throws {
    let text = #"{"user":"u","source":"s","observedAt":"2026-11-22T08:15:30Z","sequence":-1.2e3,"leaseSeconds":60.0}"#
    let written = try EventDecoder().rewrite(text, as: .presenceChange)
    #expect(written.hasSuffix(#""sequence":-1200,"leaseSeconds":60}"#))
  }

  @Test(arguments: [Int64.min, -1, 0, 9, 10, 99, 100, 999_999_999_999_999_999, 1_000_000_000_000_000_000, Int64.max])
  func everyIntegerSurvives(_ number: Int64) throws {
    let text = #"{"user":"u","source":"s","observedAt":"2026-11-22T08:15:30.000Z","sequence":\#(number)}"#
    #expect(try EventDecoder().rewrite(text, as: .presenceChange) == text)
  }

  @Test func askAnswerAndReadingAreToldApart() throws {
    let decoder = EventDecoder()
    func change(_ name: String, _ check: (PresenceChange) -> Void) throws {
      try Sample.named(name).bytes.withUnsafeBytes { check(try decoder.change($0)) }
    }
    try change("presence.change.v1") { #expect(!$0.isAsk && !$0.isAnswer) }
    try change("presence.change.v1.ask") { #expect($0.isAsk && !$0.isAnswer) }
    try change("presence.change.v1.answer") { #expect(!$0.isAsk && $0.isAnswer) }
    try change("presence.change.v1.failed-answer") { #expect(!$0.isAsk && $0.isAnswer && $0.failure != nil) }
  }

  @Test func clearedNetworkPresenceIsNone() throws {
    let decoder = EventDecoder()
    for cleared in ["null", "{}", #"{"imAddress":"","displayName":"Jane"}"#] {
      let written = try decoder.rewrite(#"{"user":"u","networkPresence":\#(cleared)}"#, as: .userProfile)
      #expect(written == #"{"user":"u"}"#)
    }
  }

  @Test func unknownServicesAndActionsAreIgnored() throws {
    let decoder = EventDecoder()
    let space = try decoder.rewrite(#"{"space":"s","impEnabled":true,"services":["fax","im","im"]}"#, as: .portalSpace)
    #expect(space == #"{"space":"s","impEnabled":true,"services":["im"]}"#)
    let unknown = Sample.named("presence.snapshot.v1.unknown").text
    let snapshot = try decoder.rewrite(
      unknown.replacing(#""actions":[]"#, with: #""actions":["wave","sendMail"]"#),
      as: .presenceSnapshot
    )
    #expect(snapshot == unknown.replacing(#""actions":[]"#, with: #""actions":["sendMail"]"#))
  }
}
