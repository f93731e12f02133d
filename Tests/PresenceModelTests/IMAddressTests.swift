// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct IMAddressTests {
  struct Parts: CustomTestStringConvertible, Sendable {
    var text: String
    var scheme: IMAddress.Scheme?
    var local: String
    var domain: String?
    var body: String
    var testDescription: String { text }
  }

  @Test(arguments: [
    Parts(
      text: "sip:jane@corp.example",
      scheme: .sip,
      local: "jane",
      domain: "corp.example",
      body: "jane@corp.example"
    ),
    Parts(
      text: "SIP:Jane@Corp.Example",
      scheme: .sip,
      local: "Jane",
      domain: "corp.example",
      body: "Jane@Corp.Example"
    ),
    Parts(text: "xmpp:j@x.example/desk", scheme: .xmpp, local: "j", domain: "x.example/desk", body: "j@x.example/desk"),
    Parts(text: "ymsgr:jane_doe", scheme: .ymsgr, local: "jane_doe", domain: nil, body: "jane_doe"),
    Parts(text: "icq:123456", scheme: .icq, local: "123456", domain: nil, body: "123456"),
    Parts(text: "im:a@b", scheme: .im, local: "a", domain: "b", body: "a@b"),
    Parts(text: "mailto:a@b", scheme: .mailto, local: "a", domain: "b", body: "a@b"),
    Parts(text: "jane@corp.example", scheme: nil, local: "jane", domain: "corp.example", body: "jane@corp.example"),
    Parts(text: "jane_doe", scheme: nil, local: "jane_doe", domain: nil, body: "jane_doe"),
    Parts(
      text: "@jane:corp.example",
      scheme: nil,
      local: "@jane:corp.example",
      domain: nil,
      body: "@jane:corp.example"
    ),
    Parts(text: "jane@corp:5061", scheme: nil, local: "jane", domain: "corp:5061", body: "jane@corp:5061"),
    Parts(text: "a@b@c", scheme: nil, local: "a@b", domain: "c", body: "a@b@c"),
    Parts(
      text: "sip:jürgen@bücher.example",
      scheme: .sip,
      local: "jürgen",
      domain: "bücher.example",
      body: "jürgen@bücher.example"
    ),
    // A combining mark joins the colon to one character; the body begins behind the colon's byte all the same.
    Parts(text: "sip:\u{301}a@b", scheme: .sip, local: "\u{301}a", domain: "b", body: "\u{301}a@b"),
    Parts(text: "sip:a@\u{301}b", scheme: .sip, local: "a", domain: "\u{301}b", body: "a@\u{301}b"),
  ])
  func addressesFallIntoTheirParts(_ expected: Parts) throws {
    let address = try IMAddress(expected.text)
    #expect(address.text == expected.text)
    #expect(address.scheme == expected.scheme)
    #expect(address.local == expected.local)
    #expect(address.domain == expected.domain)
    #expect(Array(address.body.utf8) == Array(expected.body.utf8))

    try ByteView.withView(of: expected.text) { view in
      try IMAddress.check(view)
      let fromBytes = try IMAddress(view)
      #expect(fromBytes == address)
      let split = IMAddress.split(view)
      #expect(split.scheme == expected.scheme)
      #expect(Array(split.body.raw) == Array(expected.body.utf8))
    }
  }

  @Test(arguments: [
    ("", IMAddress.Problem.empty),
    ("jane doe@corp", .forbiddenCharacter), ("jane\r\n@corp", .forbiddenCharacter),
    ("jane\u{0}@corp", .forbiddenCharacter),
    ("jane\u{7F}@corp", .forbiddenCharacter), ("<jane@corp>", .forbiddenCharacter),
    ("\"jane\"@corp", .forbiddenCharacter),
    ("jane\\@corp", .forbiddenCharacter), ("jane\u{85}@corp", .forbiddenCharacter),
    ("jane\u{2028}@corp", .forbiddenCharacter), ("sip:\u{202E}enaj@corp", .forbiddenCharacter),
    ("jane\u{2066}@corp", .forbiddenCharacter),
    ("javascript:alert(1)", .unknownScheme), ("http://corp.example", .unknownScheme), (":jane", .unknownScheme),
    ("sipx:jane@corp", .unknownScheme), ("si:jane@corp", .unknownScheme),
    ("sip:", .missingPart), ("@corp", .missingPart), ("jane@", .missingPart), ("@", .missingPart),
    ("sip:@corp", .missingPart), ("sip:jane@", .missingPart), ("sip:@jane:corp", .missingPart),
    ("sip:jane<@corp", .forbiddenCharacter), ("sip:jane\u{85}@corp", .forbiddenCharacter),
  ])
  func whatIsNoAddressIsRefused(_ text: String, _ problem: IMAddress.Problem) {
    #expect(throws: problem) { try IMAddress(text) }
    #expect(throws: problem) { try ByteView.withView(of: text) { try IMAddress.check($0) } }
  }

  @Test func theLengthLimitCountsBytes() throws {
    let longest = String(repeating: "é", count: IMAddress.maximumLength / 2)
    #expect(try IMAddress(longest).local == longest)
    #expect(throws: IMAddress.Problem.tooLong(bytes: 1_025)) { try IMAddress(longest + "a") }
    let sip = "sip:" + String(repeating: "a", count: IMAddress.maximumLength - 3)
    #expect(throws: IMAddress.Problem.tooLong(bytes: 1_025)) {
      try ByteView.withView(of: sip) { try IMAddress.check($0) }
    }
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    [UInt8]([0x61, 0xFF]).withUnsafeBytes { bytes in
      let view = ByteView(bytes)
      #expect(throws: IMAddress.Problem.invalidUTF8) { try IMAddress(view) }
    }
  }

  @Test func addressesCompareWithoutRegardToCase() throws {
    let addresses: Set = [try IMAddress("sip:Jane@Corp.Example"), try IMAddress("SIP:jane@corp.example")]
    #expect(addresses.count == 1)
    #expect(try IMAddress("sip:jane@corp.example") != IMAddress("xmpp:jane@corp.example"))
    #expect(try IMAddress("jane@corp.example") != IMAddress("sip:jane@corp.example"))
  }

  @Test func descriptionsMaskThePerson() throws {
    #expect(try IMAddress("sip:jane@corp.example").description == "sip:***@corp.example")
    #expect(try IMAddress("ymsgr:jane_doe").description == "ymsgr:***")
    #expect(try IMAddress("jane_doe").description == "***")
  }

  @Test func textThatWasNotCheckedHasNoScheme() {
    let split = IMAddress.split(ByteView("sip:"))
    #expect(split.scheme == nil)
    #expect(split.body == ByteView("sip:"))
  }

  @Test(arguments: [
    IMAddress.Problem.empty, .tooLong(bytes: 2_000), .forbiddenCharacter, .unknownScheme, .missingPart, .invalidUTF8,
  ])
  func everyProblemSaysWhatIsWrong(_ problem: IMAddress.Problem) {
    #expect(problem.description.hasPrefix("is ") || problem.description.hasPrefix("has "))
  }
}
