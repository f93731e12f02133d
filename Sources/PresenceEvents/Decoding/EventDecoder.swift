// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Reads events from the values of records.
///
/// An event and `trace` are views: of the decoder's buffers until its next call, and of the record's headers as long as
/// the record lives. Nothing is allocated for an event once the buffers have their size; a failure may allocate.
///
/// One decoder per lane: it is neither `Sendable` nor reentrant.
///
/// Every call reads, in this order: (a) the headers, which say whether the value is the data or the whole CloudEvent;
/// (b) the value as one JSON document; (c) for the whole CloudEvent its attributes; (d) the fields of the event.
public final class EventDecoder {
  /// The trace that the last event carried, from its headers or, in structured mode, from its attributes.
  public private(set) var trace = TraceContext.none

  private let document = JSONDocument()
  /// Parses what was in `data_base64`; made by the first event that has it.
  private lazy var embeddedDocument = JSONDocument()
  private var embeddedBytes: [UInt8] = []
  private let readings = UnsafeMutableBufferPointer<Reading>.allocate(capacity: Reading.maximumPerUser)
  private let traceSteps = UnsafeMutableBufferPointer<ByteView>.allocate(capacity: Limits.traceSteps)

  /// A decoder with small buffers, which grow with what they are given.
  public init() {}

  deinit {
    // Both hold trivial values only, so there is nothing to deinitialise.
    readings.deallocate()
    traceSteps.deallocate()
  }

  /// Reads an event of `presence.changes`.
  public func change(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> PresenceChange {
    try PresenceChange(json: try open(value, envelope, .presenceChange))
  }

  /// Reads an event of `user.profiles`.
  public func profile(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> UserProfile {
    try UserProfile(json: try open(value, envelope, .userProfile))
  }

  /// Reads an event of `portal.spaces`.
  public func space(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> PortalSpace {
    try PortalSpace(json: try open(value, envelope, .portalSpace))
  }

  /// Reads an event of `contact.requests`.
  public func request(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> ContactRequest {
    try ContactRequest(json: try open(value, envelope, .contactRequest))
  }

  /// Reads an event of `presence.lookups`.
  public func lookup(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> PresenceLookup {
    try PresenceLookup(json: try open(value, envelope, .presenceLookup))
  }

  /// Reads the request that waits for a look-up which cannot be read as a whole; nil where it has none.
  public func waitingRequest(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> ContactRequest? {
    try PresenceLookup.waitingRequest(json: try open(value, envelope, .presenceLookup))
  }

  /// Reads an event of `presence.snapshots`; its readings lie in a buffer of the decoder.
  public func snapshot(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> PresenceSnapshot {
    try PresenceSnapshot(json: try open(value, envelope, .presenceSnapshot), readings: readings)
  }

  /// Reads an event of `mail.dispatches`.
  ///
  /// Of its request only what a dispatch carries is set; `requestedAt` is the dispatch's `createdAt`.
  public func mailDispatch(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> MailDispatch {
    try MailDispatch(json: try open(value, envelope, .mailDispatch))
  }

  /// Reads an event of `im.dispatches`.
  ///
  /// Of its request only what a dispatch carries is set; `requestedAt` is the dispatch's `createdAt`.
  public func imDispatch(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> IMDispatch {
    try IMDispatch(json: try open(value, envelope, .imDispatch))
  }

  /// Reads an event of `contact.outcomes`; its trace lies in a buffer of the decoder.
  ///
  /// Of its request only what an outcome carries is set; `requestedAt` is the outcome's `decidedAt`.
  public func outcome(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> ContactOutcome {
    try ContactOutcome(json: try open(value, envelope, .contactOutcome), trace: traceSteps)
  }

  /// Judges the envelope, parses the value and finds the event's data in it.
  @inline(__always)
  private func open(
    _ value: UnsafeRawBufferPointer,
    _ envelope: Envelope,
    _ expected: EventType
  ) throws(DecodingFailure) -> JSONValue {
    trace = .none
    let mode = try envelope.mode(expecting: expected)
    guard !value.isEmpty else {
      throw DecodingFailure(.emptyValue, field: "", problem: "is empty where \(expected) is expected")
    }
    let root = try document.parse(value)
    if !envelope.traceparent.isEmpty {
      trace = TraceContext(traceparent: envelope.traceparent, tracestate: envelope.tracestate)
    }
    guard mode == .structured else { return root }
    return try openStructured(root, expected)
  }

  @inline(never)
  private func openStructured(_ root: JSONValue, _ expected: EventType) throws(DecodingFailure) -> JSONValue {
    let event = try StructuredEvent(json: root, expecting: expected)
    if !event.traceparent.isEmpty {
      trace = TraceContext(traceparent: event.traceparent, tracestate: event.tracestate)
    }
    switch event.content {
    case .json(let data): return data
    case .base64(let text):
      guard Base64.decode(text, into: &embeddedBytes) else {
        throw DecodingFailure(.invalidValue, field: "data_base64", problem: "is not base64")
      }
      let bytes = embeddedBytes
      let result = bytes.withUnsafeBytes { bytes -> Result<JSONValue, DecodingFailure> in
        guard !bytes.isEmpty else {
          return .failure(DecodingFailure(.emptyValue, field: "data_base64", problem: "is empty"))
        }
        do throws(DecodingFailure) {
          return .success(try embeddedDocument.parse(bytes))
        } catch {
          return .failure(error.nested(in: "data_base64"))
        }
      }
      return try result.get()
    }
  }
}
