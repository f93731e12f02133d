// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// What a record's headers say of its value: the attributes of CloudEvents' Kafka binding that matter here.
///
/// The caller fills it with views of the record's headers; empty means absent, and an envelope without anything is a
/// bare event.
public struct Envelope {
  /// `ce_specversion`
  public var specVersion: ByteView
  /// `ce_type`
  public var type: ByteView
  /// `ce_id`
  public var id: ByteView
  /// `content-type`
  public var contentType: ByteView
  /// `traceparent`, which some producers write as `ce_traceparent`
  public var traceparent: ByteView
  /// `tracestate`, which some producers write as `ce_tracestate`
  public var tracestate: ByteView

  /// An envelope of its parts.
  public init(
    specVersion: ByteView = .empty,
    type: ByteView = .empty,
    id: ByteView = .empty,
    contentType: ByteView = .empty,
    traceparent: ByteView = .empty,
    tracestate: ByteView = .empty
  ) {
    self.specVersion = specVersion
    self.type = type
    self.id = id
    self.contentType = contentType
    self.traceparent = traceparent
    self.tracestate = tracestate
  }

  /// How the value is to be read.
  enum Mode {
    /// The value is the event's data.
    case data
    /// The value is the whole event, data and attributes.
    case structured
  }

  /// Whether the value is a whole CloudEvent, data and attributes: its content type alone says so.
  public var isStructured: Bool { !contentType.isEmpty && ContentType(contentType) == .structuredEvent }

  /// How the value is to be read, after a look at everything that can be wrong with the headers.
  func mode(expecting expected: EventType) throws(DecodingFailure) -> Mode {
    let media = contentType.isEmpty ? ContentType.json : ContentType(contentType)
    switch media {
    case .structuredEvent: return .structured
    case .json: break
    case .other: throw Envelope.unsupported(contentType, "content-type")
    }
    guard !specVersion.isEmpty || !type.isEmpty else { return .data }
    try Envelope.check(specVersion: specVersion, "ce_specversion")
    try Envelope.check(type: type, expected, "ce_type")
    return .data
  }

  /// Accepts 1.0 and whatever 1.x comes after it.
  static func check(specVersion: ByteView, _ field: String) throws(DecodingFailure) {
    if specVersion == ByteView("1.0") { return }
    guard !specVersion.isEmpty else { throw DecodingFailure(.missingField, field: field, problem: "is missing") }
    let isOne = specVersion.count > 2 && specVersion[0] == UInt8(ascii: "1") && specVersion[1] == UInt8(ascii: ".")
    guard isOne, specVersion[2..<specVersion.count].raw.allSatisfy({ $0 &- 0x30 <= 9 }) else {
      throw DecodingFailure(
        .unsupportedVersion,
        field: field,
        problem: "\"\(ValueShape.shortened(specVersion))\" is not 1.x"
      )
    }
  }

  static func check(type: ByteView, _ expected: EventType, _ field: String) throws(DecodingFailure) {
    if type == ByteView(expected.wireName) { return }
    guard !type.isEmpty else { throw DecodingFailure(.missingField, field: field, problem: "is missing") }
    throw DecodingFailure(
      .foreignType,
      field: field,
      problem: "\"\(ValueShape.shortened(type))\" is not \(expected)"
    )
  }

  @inline(never)
  static func unsupported(_ contentType: ByteView, _ field: String) -> DecodingFailure {
    DecodingFailure(
      .unsupportedContentType,
      field: field,
      problem: "\"\(ValueShape.shortened(contentType))\" is neither JSON nor application/cloudevents+json"
    )
  }
}

/// What a media type means for the reading of a value; parameters such as `charset` mean nothing, JSON is UTF-8.
enum ContentType {
  case json
  case structuredEvent
  case other

  init(_ text: ByteView) {
    if text == ByteView("application/json") {
      self = .json
      return
    }
    var end = text.firstIndex(of: UInt8(ascii: ";")) ?? text.count
    while end > 0, ContentType.isBlank(text[end - 1]) { end -= 1 }
    var start = 0
    while start < end, ContentType.isBlank(text[start]) { start += 1 }
    let media = text[start..<end]
    let suffix = ByteView("+json")
    let tail = media[max(0, media.count - suffix.count)..<media.count]
    if media.equalsIgnoringASCIICase(ByteView("application/json")) {
      self = .json
    } else if media.equalsIgnoringASCIICase(ByteView("application/cloudevents+json")) {
      self = .structuredEvent
    } else if media.equalsIgnoringASCIICase(ByteView("application/cloudevents-batch+json")) {
      self = .other
    } else {
      self = tail.equalsIgnoringASCIICase(suffix) ? .json : .other
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
