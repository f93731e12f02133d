// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceEvents
import PresenceModel

/// Writes what a resolver found out: the answer for the enricher, and the request that waited.
///
/// A look-up's bytes are kept while its call is under way and read once more here, so that nothing of a request needs a
/// form of its own in between.
struct ResolverAnswer: ~Copyable {
  private let decoder = EventDecoder()
  private let encoder = EventEncoder()
  private var envelope: EnvelopeWriter

  init(source: String) { envelope = EnvelopeWriter(source: source) }

  /// What a look-up says that a call needs; owned.
  struct Question {
    var user: [UInt8]
    var need: PresenceNeed
    /// Whether the enricher that asks goes by another list of agents.
    var isForeign: Bool
    var trace: PendingLookup.Trace
  }

  /// Reads a look-up.
  ///
  /// - Parameter hash: the hash of the resolver's list of agents.
  func question(
    _ value: UnsafeRawBufferPointer,
    envelope: Envelope,
    hash: String
  ) throws(DecodingFailure) -> Question {
    let lookup = try decoder.lookup(value, envelope: envelope)
    if let contact = lookup.contact, contact.recipient != lookup.user {
      let names = (DecodingFailure.masked(contact.recipient), DecodingFailure.masked(lookup.user))
      throw DecodingFailure(
        .invalidValue,
        field: "contact.recipient",
        problem: "\(names.0) is not the look-up's user \(names.1)"
      )
    }
    let address: IMAddress
    do throws(IMAddress.Problem) {
      address = try IMAddress(lookup.imAddress)
    } catch {
      throw DecodingFailure(.invalidValue, field: "imAddress", problem: "\(error)")
    }
    return Question(
      user: Array(lookup.user.raw),
      need: PresenceNeed(
        address,
        notOlderThan: lookup.notOlderThan,
        deadline: lookup.deadline,
        isAwaited: lookup.contact != nil
      ),
      isForeign: ByteView.withView(of: hash) { $0 != lookup.agents },
      trace: PendingLookup.Trace(parent: decoder.trace.traceparent.string, state: decoder.trace.tracestate.string)
    )
  }

  /// Publishes the answer to a look-up and, where one waited, the request with what was found out.
  ///
  /// - Parameters:
  ///   - withMessage: whether the status message goes with it, which makes the output larger than the look-up.
  ///   - publish: takes topic, headers and value of each; they are valid during the call.
  mutating func write(
    _ finding: PresenceFinding,
    to pending: PendingLookup,
    now: Timestamp,
    withMessage: Bool = true,
    publish: (LogTopic, borrowing EnvelopeWriter, UnsafeRawBufferPointer) -> Void
  ) throws(DecodingFailure) {
    // The decoder copies what it reads, so the views below do not point into `pending`.
    let read = pending.value.withUnsafeBytes { value -> Result<PresenceLookup, DecodingFailure> in
      do throws(DecodingFailure) {
        return .success(
          try decoder.lookup(
            value,
            envelope: Envelope(contentType: pending.isStructured ? ByteView("application/cloudevents+json") : .empty)
          )
        )
      } catch {
        return .failure(error)
      }
    }
    let lookup = try read.get()
    let trace = pending.trace
    let message = withMessage ? finding.message : ""
    let failure = finding.outcome.failureText
    // The texts are lent as views for the length of the writing.
    Self.withTexts(finding.agent ?? "resolver", message, failure.code, failure.message) {
      agent,
      message,
      code,
      reason in
      var change = PresenceChange(user: lookup.user, source: agent, observedAt: finding.observedAt)
      change.imAddress = lookup.imAddress
      change.lookupID = lookup.lookupID
      var resolution = ContactRequest.Resolution(
        imAddress: lookup.imAddress,
        source: agent,
        observedAt: finding.observedAt
      )
      if case .answered(let answer) = finding.outcome {
        change.state = answer.state
        change.statusMessage = message
        change.validForSeconds = finding.validForSeconds
        resolution.state = answer.state
        resolution.statusMessage = message
        resolution.validForSeconds = finding.validForSeconds
      } else {
        change.failure = LookupFailure(code: code, message: reason)
        resolution.failure = change.failure
      }
      begin(.presenceChange, pending, lookup.user, index: 0, trace, now)
      publish(.presenceChanges, envelope, encoder.change(change))
      if var request = lookup.contact {
        request.resolution = resolution
        begin(.contactRequest, pending, lookup.user, index: 1, trace, now)
        publish(.contactRequests, envelope, encoder.request(request))
      }
    }
  }

  /// Publishes the request of a look-up that cannot be read itself, if that request can be.
  ///
  /// - Parameter publish: takes the recipient, headers and value; they are valid during the call.
  mutating func writeRequest(
    of value: UnsafeRawBufferPointer,
    envelope lookupEnvelope: Envelope,
    _ finding: PresenceFinding,
    _ pending: PendingLookup,
    now: Timestamp,
    publish: (ByteView, borrowing EnvelopeWriter, UnsafeRawBufferPointer) -> Void
  ) {
    let read: ContactRequest?
    do throws(DecodingFailure) {
      read = try decoder.waitingRequest(value, envelope: lookupEnvelope)
    } catch {
      return  // the dead letter of the look-up tells
    }
    guard var request = read else { return }
    let failure = finding.outcome.failureText
    Self.withTexts("resolver", "", failure.code, failure.message) { source, _, code, reason in
      // Which address was to be looked up is not known; a resolution has to name one.
      request.resolution = ContactRequest.Resolution(
        imAddress: ByteView("unknown"),
        source: source,
        observedAt: finding.observedAt
      )
      request.resolution?.failure = LookupFailure(code: code, message: reason)
      begin(.contactRequest, pending, request.recipient, index: 1, pending.trace, now)
      publish(request.recipient, envelope, encoder.request(request))
    }
  }

  private mutating func begin(
    _ type: EventType,
    _ pending: PendingLookup,
    _ user: ByteView,
    index: Int,
    _ trace: PendingLookup.Trace,
    _ now: Timestamp
  ) {
    envelope.begin(type)
    ByteView.withView(of: LogTopic.presenceLookups.name) {
      envelope.setID(topic: $0, partition: pending.partition, offset: pending.offset, index: index)
    }
    envelope.set(subject: user)
    envelope.set(time: now)
    ByteView.withView(of: trace.parent) { parent in
      ByteView.withView(of: trace.state) { state in
        envelope.set(TraceContext(traceparent: parent, tracestate: state))
      }
    }
  }

  private static func withTexts(
    _ first: String,
    _ second: String,
    _ third: String,
    _ fourth: String,
    _ body: (ByteView, ByteView, ByteView, ByteView) -> Void
  ) {
    ByteView.withView(of: first) { first in
      ByteView.withView(of: second) { second in
        ByteView.withView(of: third) { third in
          ByteView.withView(of: fourth) { fourth in body(first, second, third, fourth) }
        }
      }
    }
  }
}

extension PresenceFinding {
  /// The status message; empty where there is none.
  fileprivate var message: String {
    if case .answered(let answer) = outcome { return answer.statusMessage ?? "" }
    return ""
  }

  fileprivate var validForSeconds: Int32 {
    guard let validFor else { return 0 }
    return Int32(max(1, min(604_800, validFor.milliseconds / 1_000)))
  }
}

extension AgentOutcome {
  /// What it came to, in a word.
  var code: String {
    switch self {
    case .answered: "answered"
    case .unknown: "unknown"
    case .unavailable, .failed: failure?.code.rawValue ?? "failed"
    }
  }

  /// The failure as events carry it; empty texts for an answer.
  fileprivate var failureText: (code: String, message: String) {
    switch self {
    case .answered: ("", "")
    case .unknown: ("unknown", "The network tells nothing of the address.")
    case .unavailable, .failed: failure.map { ($0.code.rawValue, $0.message) } ?? ("failed", "The look-up failed.")
    }
  }
}
