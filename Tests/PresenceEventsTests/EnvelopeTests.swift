// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@testable import PresenceEvents

@Suite struct EnvelopeTests {
  static let sample = Sample.named("presence.change.v1")
  static let parent: StaticString = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  static let other: StaticString = "00-ffffffffffffffffffffffffffffffff-b7ad6b7169203331-00"
  let decoder = EventDecoder()

  static func envelope(_ version: StaticString, _ type: StaticString, _ contentType: StaticString) -> Envelope {
    Envelope(specVersion: ByteView(version), type: ByteView(type), contentType: ByteView(contentType))
  }

  func structured(_ attributes: String, _ data: String? = nil) -> String {
    #"{"specversion":"1.0","type":"presence.change.v1","id":"1","source":"/x"\#(attributes),"data":"#
      + (data ?? Self.sample.text) + "}"
  }

  static var structuredMode: Envelope { envelope("", "", "application/cloudevents+json; charset=utf-8") }

  @Test(
    arguments: [
      ("1.0", "presence.change.v1", "application/json"), ("1.0", "presence.change.v1", ""),
      ("1.1", "presence.change.v1", "Application/JSON; charset=UTF-8"), ("", "", "application/json"),
      ("1.0", "presence.change.v1", "application/vnd.portal+json"), ("", "", ""),
    ] as [(StaticString, StaticString, StaticString)]
  )
  func binaryAndBareEventsAreRead(_ version: StaticString, _ type: StaticString, _ content: StaticString) throws {
    let written = try decoder.rewrite(
      Self.sample.bytes,
      as: .presenceChange,
      envelope: Self.envelope(version, type, content)
    )
    #expect(written == Self.sample.bytes)
  }

  @Test(
    arguments: [
      ("1.0", "user.profile.v1", "", "ce_type", .foreignType),
      ("1.0", "presence.change.v2", "application/json", "ce_type", .foreignType),
      ("1.0", "", "", "ce_type", .missingField),
      ("", "presence.change.v1", "", "ce_specversion", .missingField),
      ("0.3", "presence.change.v1", "", "ce_specversion", .unsupportedVersion),
      ("2.0", "presence.change.v1", "", "ce_specversion", .unsupportedVersion),
      ("1.", "presence.change.v1", "", "ce_specversion", .unsupportedVersion),
      ("1.x\n", "presence.change.v1", "", "ce_specversion", .unsupportedVersion),
      ("1.0", "presence.change.v1", "application/avro", "content-type", .unsupportedContentType),
      ("", "", "text/plain", "content-type", .unsupportedContentType),
      ("", "", "application/cloudevents-batch+json", "content-type", .unsupportedContentType),
    ] as [(StaticString, StaticString, StaticString, String, DecodingFailure.Code)]
  )
  func headersThatSaySomethingElseAreRefused(
    _ version: StaticString,
    _ type: StaticString,
    _ content: StaticString,
    _ field: String,
    _ code: DecodingFailure.Code
  ) throws {
    let envelope = Self.envelope(version, type, content)
    let failure = try #require(decoder.refusal(Self.sample.text, as: .presenceChange, envelope: envelope))
    #expect(failure.field == field)
    #expect(failure.code == code)
    #expect(!failure.message.contains("\n"))
  }

  @Test func structuredEventIsRead() throws {
    let written = try decoder.rewrite(structured(""), as: .presenceChange, envelope: Self.structuredMode)
    #expect(written == Self.sample.text)
    #expect(decoder.trace.isEmpty)
  }

  @Test func structuredEventInBase64IsRead() throws {
    let base64 = "eyJ1c2VyIjoidSIsInNvdXJjZSI6InMiLCJvYnNlcnZlZEF0IjoiMjAyNi0xMS0yMlQwODoxNTozMC4wMDBaIn0="
    let text = #"{"specversion":"1.0","type":"presence.change.v1","id":"1","source":"/x","data_base64":"\#(base64)"}"#
    for _ in 0..<2 {
      let written = try decoder.rewrite(text, as: .presenceChange, envelope: Self.structuredMode)
      #expect(written == #"{"user":"u","source":"s","observedAt":"2026-11-22T08:15:30.000Z"}"#)
    }
  }

  @Test(arguments: [
    (#"{"type":"presence.change.v1","data":{}}"#, "specversion", DecodingFailure.Code.missingField),
    (#"{"specversion":"2.0","type":"presence.change.v1","data":{}}"#, "specversion", .unsupportedVersion),
    (#"{"specversion":"1.0","data":{}}"#, "type", .missingField),
    (#"{"specversion":"1.0","type":"user.profile.v1","data":{}}"#, "type", .foreignType),
    (#"{"specversion":"1.0","type":7,"data":{}}"#, "type", .wrongType),
    (
      #"{"specversion":"1.0","type":"presence.change.v1","type":"presence.change.v1","data":{}}"#, "type",
      .duplicateField
    ),
    (#"{"specversion":"1.0","type":"presence.change.v1"}"#, "data", .missingField),
    (#"{"specversion":"1.0","type":"presence.change.v1","data":"{}"}"#, "data", .wrongType),
    (#"{"specversion":"1.0","type":"presence.change.v1","data":{}}"#, "user", .missingField),
    (
      #"{"specversion":"1.0","type":"presence.change.v1","data":{},"data_base64":"e30="}"#, "data_base64", .invalidValue
    ),
    (#"{"specversion":"1.0","type":"presence.change.v1","data_base64":"e30"}"#, "data_base64", .invalidValue),
    (#"{"specversion":"1.0","type":"presence.change.v1","data_base64":"e=30"}"#, "data_base64", .invalidValue),
    (#"{"specversion":"1.0","type":"presence.change.v1","data_base64":""}"#, "data_base64", .emptyValue),
    (#"{"specversion":"1.0","type":"presence.change.v1","data_base64":"e30g"}"#, "user", .missingField),
    (#"{"specversion":"1.0","type":"presence.change.v1","data_base64":"e3t7"}"#, "data_base64", .malformedJSON),
    (
      #"{"specversion":"1.0","type":"presence.change.v1","datacontenttype":"text/xml","data":{}}"#, "datacontenttype",
      .unsupportedContentType
    ),
    (#"[]"#, "", .wrongType),
  ])
  func structuredEventIsRefused(_ text: String, _ field: String, _ code: DecodingFailure.Code) throws {
    let failure = try #require(decoder.refusal(text, as: .presenceChange, envelope: Self.structuredMode))
    #expect(failure.field == field)
    #expect(failure.code == code)
  }

  @Test func traceComesFromTheHeaders() throws {
    var envelope = Envelope(traceparent: ByteView(Self.parent), tracestate: ByteView("congo=t61rcWkgMzE, rojo=1"))
    _ = try decoder.rewrite(Self.sample.bytes, as: .presenceChange, envelope: envelope)
    #expect(decoder.trace.traceparent.string == "\(Self.parent)")
    #expect(decoder.trace.tracestate.string == "congo=t61rcWkgMzE, rojo=1")

    envelope.tracestate = ByteView("not a state")
    _ = try decoder.rewrite(Self.sample.bytes, as: .presenceChange, envelope: envelope)
    #expect(!decoder.trace.isEmpty)
    #expect(decoder.trace.tracestate.isEmpty)

    _ = try decoder.rewrite(Self.sample.bytes, as: .presenceChange)
    #expect(decoder.trace.isEmpty)
  }

  @Test func traceOfAStructuredEventWinsOverTheHeaders() throws {
    var envelope = Self.structuredMode
    envelope.traceparent = ByteView(Self.other)
    envelope.tracestate = ByteView("a=1")
    _ = try decoder.rewrite(structured(""), as: .presenceChange, envelope: envelope)
    #expect(decoder.trace.traceparent == ByteView(Self.other))

    let text = structured(#","traceparent":"\#(Self.parent)","tracestate":"b=2""#)
    try Array(text.utf8).withUnsafeBytes { value in
      _ = try decoder.change(value, envelope: envelope)
      #expect(decoder.trace.traceparent == ByteView(Self.parent))
      #expect(decoder.trace.tracestate == ByteView("b=2"))
    }
  }

  @Test(
    arguments: [
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
      "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
      "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\r\n", "x", "",
    ] as [StaticString]
  )
  func invalidTraceparentIsDroppedWithItsState(_ parent: StaticString) {
    let trace = TraceContext(traceparent: ByteView(parent), tracestate: ByteView("a=1"))
    #expect(trace.isEmpty)
    #expect(trace.tracestate.isEmpty)
  }

  @Test func traceparentOfALaterVersionMayGoOn() {
    let later = ByteView("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes")
    #expect(TraceContext(traceparent: later, tracestate: .empty).traceparent == later)
  }

  @Test(
    arguments: [
      ("a=1", true), ("a=1,b@c=2", true), ("a=1,,b=2 ", true), ("0x=a b", true), ("", false), (",", false),
      ("a", false),
      ("=1", false), ("A=1", false), ("a=1=2", false), ("a=\u{1}", false), ("a=", false), ("@a=1", false),
      ("a=é", false),
    ] as [(StaticString, Bool)]
  )
  func tracestateIsChecked(_ state: StaticString, _ isValid: Bool) {
    let trace = TraceContext(traceparent: ByteView(Self.parent), tracestate: ByteView(state))
    #expect(trace.tracestate.isEmpty != isValid)
  }
}

@Suite struct EnvelopeWriterTests {
  private func headers(_ writer: borrowing EnvelopeWriter) -> [String] {
    (0..<writer.count).map { "\(writer.name(at: $0)): \(writer.value(at: $0))" }
  }

  @Test func headersOfAnEventAreThoseOfTheContract() throws {
    var writer = EnvelopeWriter(source: "/presence-worker/eu-1")
    let time = try #require(Timestamp(rfc3339: "2026-11-22T08:15:30.123Z"))
    let fixed = ["ce_specversion: 1.0", "ce_source: /presence-worker/eu-1", "content-type: application/json"]
    for _ in 0..<2 {
      writer.begin(.contactOutcome)
      writer.setID(topic: "contact.requests", partition: 3, offset: 12_345_678_901, index: 1)
      writer.set(subject: "jürgen")
      writer.set(time: time)
      writer.set(requestID: "req-2")
      writer.set(TraceContext(traceparent: ByteView(EnvelopeTests.parent), tracestate: "a=1"))
      #expect(
        headers(writer) == fixed + [
          "ce_type: contact.outcome.v1", "ce_id: contact.requests/3/12345678901/1", "ce_subject: jürgen",
          "ce_time: 2026-11-22T08:15:30.123Z", "ce_requestid: req-2", "traceparent: \(EnvelopeTests.parent)",
          "tracestate: a=1",
        ]
      )
    }
    writer.begin(.presenceSnapshot)
    writer.setID(user: "u", created: time, version: 7)
    writer.set(.none)
    #expect(headers(writer) == fixed + ["ce_type: presence.snapshot.v1", "ce_id: u/1795335330123/7"])
  }

  @Test func valuesBeyondTheFirstBufferAreKept() {
    var writer = EnvelopeWriter(source: "/w")
    writer.begin(.imDispatch)
    let long = String(repeating: "x", count: 100_000)
    ByteView.withView(of: long) { writer.set(subject: $0) }
    writer.set(id: "1")
    #expect(writer.value(at: 1).string == "/w")
    #expect(writer.value(at: 4).string == long)
    #expect(writer.value(at: 5).string == "1")
  }
}

extension ByteView: ExpressibleByStringLiteral {
  init(stringLiteral value: StaticString) { self.init(value) }
}
