// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@testable import PresenceEvents

@Suite struct TextTests {
  @Test func controlsAreFoundAtEveryPlace() {
    let harmless = ["", "a", "12345678", "é ü ° Â", "\u{A0}\u{BF}\u{FF}", String(repeating: "ä", count: 20), "中文👩‍💻"]
    for text in harmless {
      #expect(!ByteView.withView(of: text) { Text.hasControl($0) }, "\(text)")
    }
    for control in ["\u{0}", "\n", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}"] {
      for before in 0..<20 {
        for after in 0..<20 {
          let text = String(repeating: "x", count: before) + control + String(repeating: "ß", count: after)
          #expect(ByteView.withView(of: text) { Text.hasControl($0) })
        }
      }
    }
  }

  @Test func statusMessageIsCutBetweenGraphemes() {
    func cut(_ text: String, _ limit: Int) -> String { ByteView.withView(of: text) { Text.cut($0, to: limit).string } }
    #expect(cut("abc", 3) == "abc")
    #expect(cut("abcd", 3) == "abc")
    #expect(cut("ääää", 3) == "äää")
    #expect(cut("ab👩‍💻", 5) == "ab👩‍💻")
    #expect(cut("ab👩‍💻c", 4) == "ab")
    #expect(cut("e\u{301}e\u{301}", 3) == "e\u{301}")
    #expect(cut("x" + String(repeating: "\u{301}", count: 9), 4) == "x\u{301}\u{301}\u{301}")
  }

  @Test func longStatusMessageIsCutAndNotRefused() throws {
    let text =
      #"{"user":"u","source":"s","statusMessage":"\#(String(repeating: "👍🏽", count: 700))","#
      + #""observedAt":"2026-11-22T08:15:30Z"}"#
    let written = try EventDecoder().rewrite(text, as: .presenceChange)
    #expect(written.contains("\"" + String(repeating: "👍🏽", count: 512) + "\""))
  }

  @Test func namesLoseWhatTurnsTextAround() throws {
    let decoder = EventDecoder()
    let controls = "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}"
    for control in controls.unicodeScalars {
      let text =
        #"{"user":"u","displayName":"\#(control)Jane\#(control) Doe؛\#(control)","#
        + #""networkPresence":{"imAddress":"icq:1","displayName":"a\#(control)b"}}"#
      let written = try decoder.rewrite(text, as: .userProfile)
      #expect(
        written
          == #"{"user":"u","displayName":"Jane Doe؛","networkPresence":{"imAddress":"icq:1","displayName":"ab"}}"#
      )
    }
    #expect(try decoder.rewrite(#"{"user":"u","displayName":"\u202e"}"#, as: .userProfile) == #"{"user":"u"}"#)
    // The marks belong into Hebrew and Arabic names and turn nothing around but a neutral character.
    let neighbours = "\u{200E}\u{200F}\u{61C}\u{202F}\u{2065}\u{206A}\u{200D}\u{2010}\u{61B}\u{61D}"
    let kept = #"{"user":"u","displayName":"\#(neighbours)"}"#
    #expect(try decoder.rewrite(kept, as: .userProfile) == kept)
  }

  @Test func aTitleLosesWhatTurnsTextAround() throws {
    let request = Sample.named("contact.request.v1.minimal").text
    let text = request.replacing(
      #","requestedAt""#,
      with: #","context":{"service":"documents","title":"invoice\u202Efdp.exe"},"requestedAt""#
    )
    let title = try Array(text.utf8).withUnsafeBytes { try EventDecoder().request($0).context?.title.string }
    #expect(title == "invoicefdp.exe")
  }

  @Test(
    "A separator of lines ends a header for some mail libraries, so it is a control",
    arguments: [
      "subject", "requester.displayName", "requester.mail", "context.title", "context.url", "id", "recipient",
    ]
  )
  func aSeparatorOfLinesIsRefused(field: String) throws {
    let hostile = "a@b.example\\u2028Bcc: c@d.example"
    let value = { (name: String) in name == field ? hostile : "a@b.example" }
    let text =
      #"{"id":"\#(value("id"))","requester":{"user":"u","displayName":"\#(value("requester.displayName"))","#
      + #""mail":"\#(value("requester.mail"))"},"recipient":"\#(value("recipient"))","channel":"mail","#
      + #""subject":"\#(value("subject"))","context":{"service":"s","title":"\#(value("context.title"))","#
      + #""url":"http://x/\#(value("context.url"))"},"requestedAt":"2026-11-22T08:15:30Z"}"#
    let failure = try #require(throws: DecodingFailure.self) {
      try Array(text.utf8).withUnsafeBytes { _ = try EventDecoder().request($0) }
    }
    #expect(failure.code == .invalidValue)
    #expect(failure.field == field)
    #expect(!failure.message.contains("c@d.example"))
  }

  @Test(arguments: ["user", "requester.user", "space", "groupId", "context.url", "requester.mail"])
  func anOverrideInANameByWhichPeopleAreShownIsRefused(field: String) throws {
    let hostile = #"ann\u202Ex@corp.example"#
    let event: String
    switch field {
    case "user": event = #"{"user":"\#(hostile)","source":"s","state":"busy","observedAt":"2026-11-22T08:15:30Z"}"#
    default:
      let value = { (name: String, plain: String) in name == field ? hostile : plain }
      event =
        #"{"id":"1","requester":{"user":"\#(value("requester.user", "u"))","#
        + #""mail":"\#(value("requester.mail", "u@x"))"},"recipient":"v","channel":"mail","space":"\#(value("space", "s"))","groupId":"\#(value("groupId", "g"))","#
        + #""context":{"service":"s","url":"http://x/\#(value("context.url", ""))"},"#
        + #""requestedAt":"2026-11-22T08:15:30Z"}"#
    }
    let failure = try #require(throws: DecodingFailure.self) {
      try Array(event.utf8).withUnsafeBytes { bytes in
        if field == "user" { _ = try EventDecoder().change(bytes) } else { _ = try EventDecoder().request(bytes) }
      }
    }
    #expect(failure.field == field)
    #expect(failure.problem.contains("bidirectional override"))
  }

  @Test(arguments: [
    "javascript:alert(1)", "JaVaScRiPt://x/%0aalert(1)", "data:text/html,x", "file:///etc/passwd", "//x",
  ])
  func aContextWithAnotherSchemeIsRefused(url: String) throws {
    let text =
      #"{"id":"1","requester":{"user":"u"},"recipient":"v","channel":"mail","#
      + #""context":{"service":"s","url":"\#(url)"},"requestedAt":"2026-11-22T08:15:30Z"}"#
    let failure = try #require(throws: DecodingFailure.self) {
      try Array(text.utf8).withUnsafeBytes { _ = try EventDecoder().request($0) }
    }
    #expect(failure.field == "context.url")
    #expect(failure.problem.contains("is not an http or https URL"))
  }

  @Test(arguments: ["9999-12-31T23:59:59Z", "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z"])
  func aTimeThatNoClockShowsIsRefused(time: String) throws {
    let text =
      #"{"id":"1","requester":{"user":"u"},"recipient":"v","channel":"mail","requestedAt":"\#(time)"}"#
    let failure = try #require(throws: DecodingFailure.self) {
      try Array(text.utf8).withUnsafeBytes { _ = try EventDecoder().request($0) }
    }
    #expect(failure.field == "requestedAt")
    #expect(failure.problem.contains(time))
  }

  @Test func bodyIsKeptAsItIs() throws {
    let body = "tab\there\\nnew\r\nline \u{202E} \u{85} \u{1}"
    let escaped = #"tab\there\\nnew\r\nline \u202e \u0085 \u0001"#
    let request = Sample.named("contact.request.v1.minimal").text
    let text = request.replacing(#","requestedAt""#, with: #","body":"\#(escaped)","requestedAt""#)
    let decoder = EventDecoder()
    let read = try Array(text.utf8).withUnsafeBytes { value in try decoder.request(value).body.string }
    #expect(read == body)
  }

  @Test func limitsAreInclusive() throws {
    let decoder = EventDecoder()
    let subject = String(repeating: "é", count: Limits.subjectCharacters)
    let body = String(repeating: "b", count: Limits.bodyBytes)
    let id = String(repeating: "i", count: Limits.identifierBytes)
    let text =
      #"{"id":"\#(id)","requester":{"user":"u"},"recipient":"r","channel":"mail","subject":"\#(subject)","#
      + #""body":"\#(body)","requestedAt":"2000-01-01T00:00:00.000Z","expiresInSeconds":604800}"#
    #expect(try decoder.rewrite(text, as: .contactRequest) == text)
    let last = #"{"user":"u","source":"s","observedAt":"2199-12-31T23:59:59.999Z"}"#
    #expect(try decoder.rewrite(last, as: .presenceChange) == last)
  }
}

@Suite struct JSONBufferTests {
  private func encoded(_ text: String) -> String {
    var buffer = JSONBuffer(capacity: 64)
    ByteView.withView(of: text) { buffer.append(escaping: $0) }
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  @Test func escapesAreThoseOfJSON() {
    #expect(encoded("") == #""""#)
    #expect(
      encoded("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é\u{2028}") == #""\"\\/\b\f\n\r\t\u0000\u001f"#
        + "\u{7F}é\u{2028}\""
    )
  }

  @Test func everySpecialCharacterIsEscapedAtEveryPlace() throws {
    let document = JSONDocument()
    for special in (0..<0x20 as Range<UInt8>).map({ Unicode.Scalar($0) }) + [
      "\"", "\\", "é", "\u{7F}", "\u{A2}", "\u{DC}", "\u{10FFFF}",
    ] {
      for length in 0..<20 {
        for place in 0...length {
          var text = String(repeating: "x", count: length)
          text.insert(Character(special), at: text.index(text.startIndex, offsetBy: place))
          let json = Array(encoded(text).utf8)
          let back = try json.withUnsafeBytes { try document.parse($0).text?.string }
          #expect(back == text)
          #expect(special.value >= 0x20 || !json.contains(UInt8(special.value)))
        }
      }
    }
  }

  @Test func bufferGrowsAndShrinksWithWhatItHolds() {
    let encoder = EventEncoder()
    var reference = Timestamp.earliestAccepted
    for size in [10, 5_000, 3_000_000, 10, 100_000] {
      reference = reference.adding(milliseconds: 1)
      let message = String(repeating: "\n", count: size)
      ByteView.withView(of: message) { view in
        var request = ContactRequest(
          id: "i",
          requester: ContactRequest.Requester(user: "u"),
          recipient: "r",
          channel: .mail,
          requestedAt: reference
        )
        request.body = view
        let expected =
          #"{"id":"i","requester":{"user":"u"},"recipient":"r","channel":"mail","body":""#
          + String(repeating: #"\n"#, count: size) + #"","requestedAt":"\#(reference)"}"#
        #expect(String(decoding: encoder.request(request), as: UTF8.self) == expected)
      }
    }
  }
}
