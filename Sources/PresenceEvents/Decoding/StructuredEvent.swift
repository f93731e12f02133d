// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// A whole CloudEvent in one JSON document (structured mode).
struct StructuredEvent {
  /// Where the event's data are.
  enum Content {
    /// In `data`.
    case json(JSONValue)
    /// In `data_base64`.
    case base64(ByteView)
  }

  let content: Content
  let traceparent: ByteView
  let tracestate: ByteView

  private enum Field: UInt8, EventField {
    case specversion, type, id, source, datacontenttype, data, data_base64, traceparent, tracestate

    init?(key: ByteView) {
      switch key {
      case ByteView("specversion"): self = .specversion
      case ByteView("type"): self = .type
      case ByteView("id"): self = .id
      case ByteView("source"): self = .source
      case ByteView("datacontenttype"): self = .datacontenttype
      case ByteView("data"): self = .data
      case ByteView("data_base64"): self = .data_base64
      case ByteView("traceparent"): self = .traceparent
      case ByteView("tracestate"): self = .tracestate
      default: return nil
      }
    }
  }

  init(json: JSONValue, expecting expected: EventType) throws(DecodingFailure) {
    var specVersion = ByteView.empty
    var type = ByteView.empty
    var data: JSONValue?
    var base64: ByteView?
    var traceparent = ByteView.empty
    var tracestate = ByteView.empty

    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .specversion: specVersion = try fields.string()
      case .type: type = try fields.string()
      case .id, .source: _ = try fields.string()
      case .datacontenttype:
        let contentType = try fields.string()
        guard ContentType(contentType) == .json else { throw Envelope.unsupported(contentType, "datacontenttype") }
      case .data: data = fields.value
      case .data_base64: base64 = try fields.string()
      case .traceparent: traceparent = try fields.string()
      case .tracestate: tracestate = try fields.string()
      }
    }
    try Envelope.check(specVersion: specVersion, "specversion")
    try Envelope.check(type: type, expected, "type")
    switch (data, base64) {
    case (let data?, nil):
      guard data.isObject else {
        throw DecodingFailure(
          .wrongType,
          field: "data",
          problem: "should be an object and is \(data.kindName)"
        )
      }
      content = .json(data)
    case (nil, let base64?): content = .base64(base64)
    case (nil, nil): throw FieldReader<Field>.missing(.data)
    case (.some, .some):
      throw DecodingFailure(.invalidValue, field: "data_base64", problem: "stands beside data")
    }
    self.traceparent = traceparent
    self.tracestate = tracestate
  }
}
