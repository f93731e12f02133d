// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@testable import PresenceEvents

/// One member of a sample that is replaced or removed, and how the result is refused.
struct Refusal: CustomTestStringConvertible, Sendable {
  let sample: String
  let old: String
  let new: String
  let field: String
  let code: DecodingFailure.Code

  init(_ sample: String, _ old: String, _ new: String, _ field: String, _ code: DecodingFailure.Code) {
    self.sample = sample
    self.old = old
    self.new = new
    self.field = field
    self.code = code
  }

  var testDescription: String { "\(sample): \(old.prefix(40)) → \(new.prefix(40))" }
}

@Suite struct RefusalTests {
  static let change = "presence.change.v1"
  static let answer = "presence.change.v1.answer"
  static let profile = "user.profile.v1"
  static let space = "portal.space.v1"
  static let request = "contact.request.v1"
  static let resolved = "contact.request.v1.resolved"
  static let lookup = "presence.lookup.v1"
  static let waiting = "presence.lookup.v1.contact"
  static let snapshot = "presence.snapshot.v1"
  static let mail = "mail.dispatch.v1"
  static let im = "im.dispatch.v1"
  static let outcome = "contact.outcome.v1"
  static let long = String(repeating: "x", count: 300)

  static let texts: [Refusal] = [
    Refusal(change, #""user":"user012345","#, "", "user", .missingField),
    Refusal(change, #""user":"user012345""#, #""user":null"#, "user", .missingField),
    Refusal(change, #""user":"user012345""#, #""user":"""#, "user", .missingField),
    Refusal(change, #""user":"user012345""#, #""user":12345"#, "user", .wrongType),
    Refusal(change, #""user":"user012345""#, #""user":"user\n""#, "user", .invalidValue),
    Refusal(change, #""user":"user012345""#, #""user":"user\r""#, "user", .invalidValue),
    Refusal(change, #""user":"user012345""#, #""user":"a\u0000b""#, "user", .invalidValue),
    Refusal(change, #""user":"user012345""#, #""user":"abcdefgh\u007fijk""#, "user", .invalidValue),
    Refusal(change, #""user":"user012345""#, #""user":"abcdefg\u0085""#, "user", .invalidValue),
    Refusal(change, #""user":"user012345""#, #""user":"\#(long)""#, "user", .tooLarge),
    Refusal(change, #""user":"user012345""#, #""user":"u","user":"u""#, "user", .duplicateField),
    Refusal(change, #""user":"user012345""#, #""user":"u","us\u0065r":"u""#, "user", .duplicateField),
    Refusal(change, #""user":"user012345""#, #""user":"u","user":null"#, "user", .duplicateField),
    Refusal(change, #""source":"lync-emea","#, "", "source", .missingField),
    Refusal(change, #""source":"lync-emea""#, #""source":["lync-emea"]"#, "source", .wrongType),
    Refusal(change, #""source":"lync-emea""#, #""source":"lync\temea""#, "source", .invalidValue),
    Refusal(change, #""device":"desktop""#, #""device":"desk\u001btop""#, "device", .invalidValue),
    Refusal(change, #""device":"desktop""#, #""device":{}"#, "device", .wrongType),
    Refusal(change, "sip:user012345@", "tel:user012345@", "imAddress", .invalidValue),
    Refusal(change, "sip:user012345@", "sip:user 012345@", "imAddress", .invalidValue),
    Refusal(change, "sip:user012345@", #"sip:user\u009f012345@"#, "imAddress", .invalidValue),
    Refusal(change, "sip:user012345@", "sip:@", "imAddress", .invalidValue),
    Refusal(change, "corp.example", String(repeating: "x", count: 1_024), "imAddress", .tooLarge),
    Refusal(change, #""state":"busy""#, #""state":"dnd""#, "state", .invalidValue),
    Refusal(change, #""state":"busy""#, #""state":"Busy""#, "state", .invalidValue),
    Refusal(change, #""state":"busy""#, #""state":"""#, "state", .invalidValue),
    Refusal(change, #""state":"busy""#, #""state":3"#, "state", .wrongType),
    Refusal(change, "In a meeting", #"In a\nmeeting"#, "statusMessage", .invalidValue),
    Refusal(change, "In a meeting", #"In a\tmeeting"#, "statusMessage", .invalidValue),
    Refusal(change, #""observedAt":"2026-11-22T08:15:30.123Z","#, "", "observedAt", .missingField),
    Refusal(change, #""2026-11-22T08:15:30.123Z""#, "1795335330123", "observedAt", .wrongType),
    Refusal(change, "2026-11-22T08:15:30.123Z", "2026-11-22 08:15", "observedAt", .invalidValue),
    Refusal(change, "2026-11-22T08:15:30.123Z", "2026-11-22T08:15:30", "observedAt", .invalidValue),
    Refusal(change, "2026-11-22T08:15:30.123Z", "2026-02-29T08:15:30Z", "observedAt", .invalidValue),
    Refusal(change, "2026-11-22", "1999-12-31", "observedAt", .invalidValue),
    Refusal(change, "2026-11-22", "2200-01-01", "observedAt", .invalidValue),
    Refusal(change, "918273645", #""918273645""#, "sequence", .wrongType),
    Refusal(change, "918273645", "1.5", "sequence", .invalidValue),
    Refusal(change, "918273645", "9223372036854775808", "sequence", .invalidValue),
    Refusal(change, "918273645", "1e30", "sequence", .invalidValue),
    Refusal(change, #""sequence":918273645"#, #""leaseSeconds":0"#, "leaseSeconds", .invalidValue),
    Refusal(change, #""sequence":918273645"#, #""leaseSeconds":-5"#, "leaseSeconds", .invalidValue),
    Refusal(change, #""sequence":918273645"#, #""leaseSeconds":604801"#, "leaseSeconds", .invalidValue),
    Refusal(change, #""sequence":918273645"#, #""leaseSeconds":true"#, "leaseSeconds", .wrongType),
    Refusal(change, #""sequence":918273645"#, #""failure":{"code":"x","message":""}"#, "lookupId", .missingField),
    Refusal(answer, #""state":"online","#, "", "state", .missingField),
    Refusal(answer, #""validForSeconds":90"#, #""failure":{"code":"x","message":""}"#, "failure", .invalidValue),
    Refusal(answer, #""validForSeconds":90"#, #""validForSeconds":604801"#, "validForSeconds", .invalidValue),
    Refusal(answer, #""validForSeconds":90"#, #""failure":"timeout""#, "failure", .wrongType),
    Refusal(answer, #""validForSeconds":90"#, #""failure":{"message":""}"#, "failure.code", .missingField),

    Refusal(profile, #""user":"user012345","#, "", "user", .missingField),
    Refusal(profile, "Jane Doe", #"Jane\r\nBcc: x"#, "displayName", .invalidValue),
    Refusal(profile, "Jane Doe", long, "displayName", .tooLarge),
    Refusal(profile, "jane.doe@corp.example", "jane.doe", "mail", .invalidValue),
    Refusal(profile, "jane.doe@corp.example", "jane.doe@", "mail", .invalidValue),
    Refusal(profile, "jane.doe@corp.example", "@corp.example", "mail", .invalidValue),
    Refusal(profile, "jane.doe@corp.example", "Jane <jane@corp.example>", "mail", .invalidValue),
    Refusal(profile, "jane.doe@corp.example", #"jane@corp.example\n"#, "mail", .invalidValue),
    Refusal(profile, "jane.doe@corp.example", "\(long)\(long)@corp.example", "mail", .tooLarge),
    Refusal(profile, "sip:user012345", "ftp:user012345", "enterpriseAddress", .invalidValue),
    Refusal(profile, "ymsgr:jane_doe", "ymsgr:", "networkPresence.imAddress", .invalidValue),
    Refusal(profile, "Jane at Yahoo!", #"\u0001"#, "networkPresence.displayName", .invalidValue),
    Refusal(profile, #""presenceEnabled":false"#, #""presenceEnabled":"no""#, "presenceEnabled", .wrongType),
    Refusal(profile, "2026-11-20T10:00:00.000Z", "yesterday", "updatedAt", .invalidValue),

    Refusal(space, #""space":"sales","#, "", "space", .missingField),
    Refusal(space, #""impEnabled":true,"#, "", "impEnabled", .missingField),
    Refusal(space, #","services":["profile","mail","im"]"#, "", "services", .missingField),
    Refusal(space, "true", "1", "impEnabled", .wrongType),
    Refusal(space, #"["profile","mail","im"]"#, #""im""#, "services", .wrongType),
    Refusal(space, #"["profile","mail","im"]"#, #"["im",7]"#, "services[1]", .wrongType),

    Refusal(request, #""id":"req-2","#, "", "id", .missingField),
    Refusal(request, #""id":"req-2""#, #""id":"req\n2""#, "id", .invalidValue),
    Refusal(request, #""recipient":"user054321","#, "", "recipient", .missingField),
    Refusal(request, #""channel":"im","#, "", "channel", .missingField),
    Refusal(request, #""channel":"im""#, #""channel":"sms""#, "channel", .invalidValue),
    Refusal(request, #""user":"user012345","#, "", "requester.user", .missingField),
    Refusal(request, "Jane Doe", #"Jane\nDoe"#, "requester.displayName", .invalidValue),
    Refusal(request, "jane.doe@corp.example", "nobody", "requester.mail", .invalidValue),
    Refusal(request, #""required""#, #""none""#, "requester.mailCredentials", .invalidValue),
    Refusal(request, #""local""#, #""outlook""#, "requester.mailClient", .invalidValue),
    Refusal(request, #""mailClient":"local""#, #""user":"x""#, "requester.user", .duplicateField),
    Refusal(request, #""fallback":false"#, #""fallback":0"#, "fallback", .wrongType),
    Refusal(request, "Budget 2027", #"Budget\r\nBcc: all@corp.example"#, "subject", .invalidValue),
    Refusal(request, "Budget 2027", String(repeating: "é", count: 256), "subject", .tooLarge),
    Refusal(request, "Hello", String(repeating: "y", count: 256 << 10), "body", .tooLarge),
    Refusal(request, #""service":"discussions","#, "", "context.service", .missingField),
    Refusal(request, #""title":"Budget""#, #""title":"Bud\nget""#, "context.title", .invalidValue),
    Refusal(request, "https://portal", "javascript://portal", "context.url", .invalidValue),
    Refusal(request, "https://portal", "https:///portal", "context.url", .invalidValue),
    Refusal(request, "https://portal.", "https://por tal.", "context.url", .invalidValue),
    Refusal(request, "https://portal.example/", #"https://portal.example/\r\n"#, "context.url", .invalidValue),
    Refusal(
      request,
      "https://portal.example/",
      "https://" + String(repeating: "p", count: 2_048),
      "context.url",
      .tooLarge
    ),
    Refusal(request, #""space":"sales""#, #""space":7"#, "space", .wrongType),
    Refusal(request, "group-7", #"group\u0000"#, "groupId", .invalidValue),
    Refusal(request, #","requestedAt":"2026-11-22T08:15:30.123Z""#, "", "requestedAt", .missingField),
    Refusal(request, #""expiresInSeconds":30"#, #""expiresInSeconds":0"#, "expiresInSeconds", .invalidValue),
    Refusal(resolved, #""state":"online","#, "", "resolution.state", .missingField),
    Refusal(resolved, #""state":"online""#, #""state":"gone""#, "resolution.state", .invalidValue),
    Refusal(resolved, #""imAddress":"sip:user054321@corp.example","#, "", "resolution.imAddress", .missingField),
    Refusal(resolved, #""validForSeconds":60"#, #""failure":{"code":"x"}"#, "resolution.failure", .invalidValue),
    Refusal(resolved, #""validForSeconds":60"#, #""failure":{"code":7}"#, "resolution.failure.code", .wrongType),

    Refusal(lookup, #""lookupId":"presence.changes/3/4711/0","#, "", "lookupId", .missingField),
    Refusal(lookup, #""imAddress":"sip:user012345@corp.example","#, "", "imAddress", .missingField),
    Refusal(lookup, #""asked""#, #""bored""#, "reason", .invalidValue),
    Refusal(lookup, #""asked""#, #""contact""#, "contact", .missingField),
    Refusal(lookup, #""deadline":"2026-11-22T08:15:40.000Z","#, "", "deadline", .missingField),
    Refusal(waiting, "Budget 2027", #"\u0085"#, "contact.subject", .invalidValue),
    Refusal(waiting, "jane.doe@corp.example", "x", "contact.requester.mail", .invalidValue),

    Refusal(snapshot, #""version":7"#, #""version":0"#, "version", .invalidValue),
    Refusal(snapshot, #""version":7,"#, "", "version", .missingField),
    Refusal(snapshot, #""quality":"fresh""#, #""quality":"good""#, "quality", .invalidValue),
    Refusal(snapshot, #""uri":"im:"#, #""uri":"\nim:"#, "im.uri", .invalidValue),
    Refusal(snapshot, #""standing":"lapsed""#, #""standing":"gone""#, "readings[1].standing", .invalidValue),
    Refusal(snapshot, #"{"source":"xmpp-gateway","#, "{", "readings[1].source", .missingField),
    Refusal(snapshot, #""sequence":918273645"#, #""sequence":0.5"#, "readings[0].sequence", .invalidValue),
    Refusal(snapshot, #""readings":["#, #""readings":[7,"#, "readings[0]", .wrongType),
    Refusal(
      snapshot,
      #""readings":["#,
      #""readings":["#
        + String(repeating: #"{"source":"s","state":"busy","observedAt":"2026-11-22T08:15:30.123Z"},"#, count: 16),
      "readings[16]",
      .tooLarge
    ),

    Refusal(mail, #""reason":"recipientBusy""#, #""reason":"whim""#, "reason", .invalidValue),
    Refusal(mail, #""to":{"user":"user054321","#, #""to":{"#, "to.user", .missingField),
    Refusal(mail, "john.roe@corp.example\"}", "john.roe\"}", "to.mail", .invalidValue),
    Refusal(mail, #","mail":"john.roe@corp.example""#, "", "to.mail", .missingField),
    Refusal(mail, "mailto:john", "sip:john", "mailto", .invalidValue),
    Refusal(mail, "mailto:john", "mailto:" + String(repeating: "j", count: 2_000), "mailto", .tooLarge),
    Refusal(im, #","imAddress":"sip:user054321@corp.example""#, "", "to.imAddress", .missingField),
    Refusal(im, #""uri":"im:"#, #""uri":"1im:"#, "uri", .invalidValue),
    Refusal(im, #""uri":"im:"#, #""uri":"im: "#, "uri", .invalidValue),
    Refusal(outcome, #""dispatchId":"contact.requests/3/12/1","#, "", "dispatchId", .missingField),
    Refusal(outcome, #""channel":"im","#, "", "channel", .missingField),
    Refusal(im, #""client":"Microsoft Communicator","#, "", "client", .missingField),
    Refusal(im, "sip:user054321@corp.example\"}", "sip:\"}", "to.imAddress", .invalidValue),
    Refusal(outcome, #""outcome":"dispatched""#, #""outcome":"lost""#, "outcome", .invalidValue),
    Refusal(outcome, #""channel":"im""#, #""channel":"auto""#, "channel", .invalidValue),
    Refusal(outcome, #""state":"online","#, "", "presence.state", .missingField),
    Refusal(outcome, #""cache hit""#, "null", "trace[0]", .wrongType),
    Refusal(outcome, #""cache hit""#, String(repeating: #""x","#, count: 64) + #""y""#, "trace[64]", .tooLarge),
  ]

  @Test(arguments: texts)
  func isRefusedWithFieldAndCode(_ refusal: Refusal) throws {
    let sample = Sample.named(refusal.sample)
    try #require(sample.text.contains(refusal.old), "the sample has no such member")
    let text = sample.text.replacing(refusal.old, with: refusal.new, maxReplacements: 1)
    let decoder = EventDecoder()
    let failure = try #require(decoder.refusal(text, as: sample.type))
    #expect(failure.field == refusal.field)
    #expect(failure.code == refusal.code)
    #expect(failure.message.hasPrefix(refusal.field))
    #expect(failure.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    #expect(failure.message.utf8.count < 300)
    // The decoder is as good as before.
    #expect(try decoder.rewrite(sample.bytes, as: sample.type) == sample.bytes)
  }

  @Test(arguments: [
    ("", DecodingFailure.Code.emptyValue), (" ", .malformedJSON), ("{", .malformedJSON), ("{}{}", .malformedJSON),
    ("{} x", .malformedJSON), ("{\"user\":\"u\",}", .malformedJSON), ("{\"user\":\"\\udc00\"}", .malformedJSON),
    ("{\"user\":\"\\ud800x\"}", .malformedJSON), ("{\"n\":1e999}", .malformedJSON), ("{\"n\":01}", .malformedJSON),
    ("{\"user\":\"a\nb\"}", .malformedJSON), ("{user:1}", .malformedJSON), ("nul", .malformedJSON),
    (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), .malformedJSON),
    ("[]", .wrongType), ("\"x\"", .wrongType), ("null", .wrongType), ("7", .wrongType), ("\u{FEFF}[]", .wrongType),
  ])
  func wholeValueIsRefused(_ text: String, _ code: DecodingFailure.Code) throws {
    let failure = try #require(EventDecoder().refusal(text, as: .presenceChange))
    #expect(failure.code == code)
    #expect(failure.field.isEmpty)
    #expect(failure.message.hasPrefix("The value "))
  }

  @Test func bytesThatAreNotUTF8AreRefused() throws {
    let bytes = Array(#"{"user":""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8)
    #expect(throws: DecodingFailure(.invalidUTF8, field: "", problem: "is not UTF-8")) {
      try EventDecoder().rewrite(bytes, as: .presenceChange)
    }
  }

  @Test func hugeValueIsRefusedUnparsed() throws {
    let bytes = [UInt8](repeating: UInt8(ascii: " "), count: JSONDocument.maximumBytes + 1)
    let failure = #expect(throws: DecodingFailure.self) { try EventDecoder().rewrite(bytes, as: .presenceChange) }
    #expect(failure?.code == .tooLarge)
  }

  @Test func messagesShowTheShapeOfPersonalDataOnly() throws {
    let decoder = EventDecoder()
    func message(_ sample: String, _ old: String, _ new: String) throws -> String {
      let sample = Sample.named(sample)
      return try #require(decoder.refusal(sample.text.replacing(old, with: new), as: sample.type)).message
    }
    #expect(
      try message(Self.profile, "jane.doe@corp.example", "jane doe@corp.example")
        == #"mail "j***@c***" is not a mail address"#
    )
    #expect(try message(Self.change, "sip:user", "tel:user").hasPrefix(#"imAddress "t***@c***" has an unknown scheme"#))
    #expect(
      try message(Self.change, "In a meeting", #"Secret\u0007"#)
        == "statusMessage a text of 17 bytes has a control character"
    )
    #expect(
      try message(Self.change, #""busy""#, #""do-not-disturb-me-for-the-next-four-hours\n""#)
        == #"state "do-not-disturb-me-for-the-next-four-hour…" is not one of offline, away, online, busy"#
    )
    #expect(
      try message(Self.change, #""busy""#, #""a\n\u202Eb\"""#).hasPrefix("state \"a\u{FFFD}\u{FFFD}b\u{FFFD}\" is")
    )
    #expect(try message(Self.change, "918273645", "18446744073709551615").hasPrefix("sequence 18446744073709551615 is"))
  }
}
