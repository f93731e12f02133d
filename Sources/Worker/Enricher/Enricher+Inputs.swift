// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel

extension Enricher {
  /// Applies one input record, whatever is in it: either it has its effect, or it becomes one dead letter.
  func apply<Record: LogRecord, Sink: EnricherSink>(
    _ record: Record,
    _ store: PartitionStore,
    now: LaneTime,
    sink: Sink
  ) {
    var context = InputContext(
      partition: record.partition.partition,
      topic: record.partition.topic,
      offset: record.offset,
      timestamp: record.timestamp,
      now: now
    )
    var headers = InputHeaders()
    record.forEachHeader { name, value in headers.take(name, value) }
    do throws(DeadLetterFailure) {
      switch context.topic {
      case .presenceChanges: try applyChange(record, headers, store, &context, sink: sink)
      case .contactRequests: try applyRequest(record, headers, store, &context, sink: sink)
      case .userProfiles: try applyProfile(record, headers, store, &context, sink: sink)
      default: preconditionFailure("\(context.topic.name) is no input of the enricher")
      }
    } catch {
      context.outcome = .deadLetter
      bury(record, error.reason, &context, sink: sink)
    }
    counters.events.count(context.kind, context.outcome)
  }

  private func applyChange<Record: LogRecord, Sink: EnricherSink>(
    _ record: Record,
    _ headers: InputHeaders,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    // The key says who it is: the user's memory is on its way while the value is decoded.
    let hash = store.users.hash(record.key ?? .empty)
    store.users.prefetchRecord(hash)
    if record.key != nil { context.userHash = hash }
    let change: PresenceChange
    do throws(DecodingFailure) {
      change = try decoder.change(record.bytes, envelope: headers.envelope)
    } catch {
      throw DeadLetterFailure(error)
    }
    context.trace = decoder.trace
    context.kind = change.isAnswer ? .answer : change.isAsk ? .ask : .push
    guard try isInPlace(record, "user", change.user, headers, &context, sink: sink) else { return }
    let tolerated = context.now.wall.adding(milliseconds: clockTolerance)
    if change.observedAt > tolerated { throw DeadLetterFailure(.clockAhead(change.observedAt)) }
    apply(change, store, &context, sink: sink)
  }

  private func applyRequest<Record: LogRecord, Sink: EnricherSink>(
    _ record: Record,
    _ headers: InputHeaders,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    context.kind = .request
    let request: ContactRequest
    do throws(DecodingFailure) {
      request = try decoder.request(record.bytes, envelope: headers.envelope)
    } catch {
      throw DeadLetterFailure(error)
    }
    context.trace = decoder.trace
    if request.resolution != nil { context.kind = .returnedRequest }
    guard try isInPlace(record, "recipient", request.recipient, headers, &context, sink: sink) else { return }
    try apply(request, store, &context, sink: sink)
  }

  private func applyProfile<Record: LogRecord, Sink: EnricherSink>(
    _ record: Record,
    _ headers: InputHeaders,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    context.kind = record.value == nil ? .deletion : .profile
    guard record.value != nil else {
      guard let user = record.key, user.isUserName else { throw DeadLetterFailure(.invalidKey) }
      context.trace = TraceContext(
        traceparent: headers.envelope.traceparent,
        tracestate: headers.envelope.tracestate
      )
      try checkPlace(of: record, user: user)
      delete(user, store, &context, sink: sink)
      return
    }
    let profile: UserProfile
    do throws(DecodingFailure) {
      profile = try decoder.profile(record.bytes, envelope: headers.envelope)
    } catch {
      throw DeadLetterFailure(error)
    }
    context.trace = decoder.trace
    if let key = record.key, key != profile.user {
      throw DeadLetterFailure(.keyMismatch("user", profile.user, key: key))
    }
    try checkPlace(of: record, user: profile.user)
    apply(profile, store, &context, sink: sink)
  }

  // MARK: Placement

  private func checkPlace<Record: LogRecord>(of record: Record, user: ByteView) throws(DeadLetterFailure) {
    let expected = JavaPartitioner.partition(ofKey: user.raw, count: partitionCount)
    guard expected == record.partition.partition else {
      throw DeadLetterFailure(.wrongPartition(is: record.partition.partition, shouldBe: expected))
    }
  }

  /// Checks key and partition of a change or a request; sends a misplaced one to its partition, once.
  private func isInPlace<Record: LogRecord, Sink: EnricherSink>(
    _ record: Record,
    _ field: StaticString,
    _ user: ByteView,
    _ headers: InputHeaders,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) -> Bool {
    if let key = record.key, key != user { throw DeadLetterFailure(.keyMismatch(field, user, key: key)) }
    let expected = JavaPartitioner.partition(ofKey: user.raw, count: partitionCount)
    if expected == record.partition.partition { return true }
    guard !headers.wasRerouted else {
      throw DeadLetterFailure(.wrongPartition(is: record.partition.partition, shouldBe: expected))
    }
    var outgoing = OwnedHeaders()
    record.forEachHeader { name, value in outgoing.append(name, value) }
    outgoing.append(InputHeaders.rerouted, ByteView("1"))
    let wasSmallEnough = outgoing.withHeaders { headers in
      sink.emit(
        to: LogPartition(record.partition.topic, expected),
        key: user,
        value: record.value,
        headers: headers,
        timestamp: record.timestamp
      )
    }
    guard wasSmallEnough else { throw DeadLetterFailure(.outputTooLarge) }
    context.outcome = .rerouted
    return false
  }

  // MARK: Dead letters

  /// Publishes a record that cannot be processed: whole, else without its value, else without its own headers as well.
  private func bury<Record: LogRecord, Sink: EnricherSink>(
    _ record: Record,
    _ reason: DeadLetterReason,
    _ context: inout InputContext,
    sink: Sink
  ) {
    counters.deadLetters[reason.code, default: 0] += 1
    let target = LogPartition(.deadLetters, record.partition.partition)
    for form in DeadLetter.Form.allCases {
      let headers = DeadLetter.headers(of: record, reason: reason, now: context.now.wall, worker: worker, form: form)
      let wasSmallEnough = headers.withHeaders { headers in
        sink.emit(
          to: target,
          key: form.hasKeyAndHeaders ? record.key : nil,
          value: form.hasValue ? record.value : nil,
          headers: headers,
          timestamp: nil
        )
      }
      if wasSmallEnough { return }
    }
    preconditionFailure("the headers of a dead letter alone are below any topic's limit")
  }
}

/// The failure that turns a record into a dead letter.
struct DeadLetterFailure: Error {
  var reason: DeadLetterReason

  init(_ reason: DeadLetterReason) { self.reason = reason }

  init(_ failure: DecodingFailure) {
    reason = DeadLetterReason(code: failure.code.rawValue, message: failure.message)
  }
}

/// What an input's headers say.
struct InputHeaders {
  static var rerouted: ByteView { ByteView("presence-rerouted") }

  var envelope = Envelope()
  var wasRerouted = false

  /// Takes a header; one with a null value says nothing.
  mutating func take(_ name: ByteView, _ value: ByteView?) {
    guard let value else { return }
    switch name {
    case ByteView("ce_specversion"): envelope.specVersion = value
    case ByteView("ce_type"): envelope.type = value
    case ByteView("ce_id"): envelope.id = value
    case ByteView("content-type"): envelope.contentType = value
    case ByteView("traceparent"), ByteView("ce_traceparent"): envelope.traceparent = value
    case ByteView("tracestate"), ByteView("ce_tracestate"): envelope.tracestate = value
    case InputHeaders.rerouted: wasRerouted = value == ByteView("1")
    default: break
    }
  }
}

extension LogRecord {
  /// The value's bytes; none for a null value.
  var bytes: UnsafeRawBufferPointer { value?.raw ?? UnsafeRawBufferPointer(start: nil, count: 0) }
}

extension ByteView {
  /// Whether a key can be a user's name, as the decoders judge it in a value.
  var isUserName: Bool {
    guard count > 0, count <= Limits.identifierBytes, String(validating: raw, as: UTF8.self) != nil else {
      return false
    }
    return !raw.contains { $0 < 0x20 || $0 == 0x7F }
  }
}
