// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Kafka
import PresenceEvents
import PresenceModel

extension Resolver {
  /// Sends on what agents have found since the last turn.
  func takeFindings() throws(KafkaError) {
    for (id, finding) in inbox.takeAll() { send(id, finding) }
    try throwFailure()
  }

  /// Sends on what was found out.
  func send(_ id: UInt64, _ finding: PresenceFinding) {
    guard let lookup = pending.found(id) else { return }  // of an assignment that is gone
    note(finding, lookup)
    write(finding, id, lookup, form: .whole)
  }

  /// Counts what a look-up came to, and how long that took.
  func note(_ finding: PresenceFinding, _ lookup: PendingLookup) {
    status.note(
      ResolverStatus.Result(agent: finding.agent ?? "", code: finding.outcome.code),
      milliseconds: clock.monotonic - lookup.readAt
    )
  }

  /// Writes a form of the output; where it is too large for the producer, the next one.
  private func write(_ finding: PresenceFinding, _ id: UInt64, _ lookup: PendingLookup, form: PendingLookup.Form) {
    guard form != .deadLetter else { return buryAnswer(id, lookup) }
    var records = 0
    var fits = true
    do throws(DecodingFailure) {
      try answer.write(finding, to: lookup, now: clock.wall, withMessage: form == .whole) { topic, envelope, value in
        lookup.user.withUnsafeBytes { key in
          fits = produce(topic, lookup.partition, key: key, value: value, envelope, id: id, form: form) && fits
        }
        records += 1
      }
    } catch {
      preconditionFailure("a look-up that was read once can be read again")
    }
    pending.sent(id, finding, form: form, records: records)
    if !fits { write(finding, id, lookup, form: form.next) }
  }

  /// An answer that no topic takes: the look-up becomes a dead letter, so that its partition goes on.
  private func buryAnswer(_ id: UInt64, _ lookup: PendingLookup) {
    let record = KeptRecord(lookup)
    let isSent = lookup.value.withUnsafeBytes { value in
      lookup.user.withUnsafeBytes { key in
        bury(record.lending(key: ByteView(key), value: ByteView(value)), id: id, .outputTooLarge)
      }
    }
    pending.sent(id, nil, form: .deadLetter, records: isSent ? 1 : 0)
  }

  /// Queues a dead letter. Returns false only where a failure has ended the clients.
  func bury<Record: LogRecord>(_ record: Record, id: UInt64, _ reason: DeadLetterReason) -> Bool {
    status.deadLetters[reason.code, default: 0] += 1
    for form in DeadLetter.Form.allCases {
      let letter = ByteView.withView(of: settings.instance) { worker in
        DeadLetter.headers(of: record, reason: reason, now: clock.wall, worker: worker, form: form)
      }
      letter.withHeaders { list in
        headers.truncate(to: 0)
        for header in list { headers.append(name: header.name.raw, value: header.value?.raw) }
      }
      let wasSmallEnough = produceWithHeaders(
        .deadLetters,
        record.partition.partition,
        key: form.hasKeyAndHeaders ? record.key?.raw : nil,
        value: form.hasValue ? record.value?.raw : nil,
        token: PendingLookup.token(id, .deadLetter)
      )
      if wasSmallEnough { return failure == nil }
    }
    preconditionFailure("the headers of a dead letter alone are below any producer's limit")
  }

  // MARK: Producing

  /// Queues a record in its envelope. Returns false where it is larger than the producer takes.
  func produce(
    _ topic: LogTopic,
    _ partition: Int32,
    key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer,
    _ envelope: borrowing EnvelopeWriter,
    id: UInt64,
    form: PendingLookup.Form
  ) -> Bool {
    headers.truncate(to: 0)
    for index in 0..<envelope.count {
      headers.append(name: envelope.name(at: index).raw, value: envelope.value(at: index).raw)
    }
    return produceWithHeaders(topic, partition, key: key, value: value, token: PendingLookup.token(id, form))
  }

  /// Queues a record with the headers that were made. Other failures than its size end the clients.
  private func produceWithHeaders(
    _ topic: LogTopic,
    _ partition: Int32,
    key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?,
    token: UInt
  ) -> Bool {
    guard failure == nil, let producer, let target = topics[topic] else { return true }
    while true {
      do throws(KafkaError) {
        try producer.produce(
          target,
          partition: partition,
          key: key,
          value: value,
          headers: headers,
          timestamp: 0,
          token: token
        )
        return true
      } catch {
        if error.code == .messageTooLarge { return false }
        guard error.recovery == .retry else {
          failure = error
          return true
        }
      }
      do throws(KafkaError) {
        try producer.poll(timeout: .milliseconds(5))
      } catch {
        failure = error
        return true
      }
    }
  }

  /// Takes acknowledgements: a look-up all of whose records are in the log is finished.
  func takeDeliveries() throws(KafkaError) {
    guard let producer else { return }
    var failed: KafkaError?
    var refused: [(id: UInt64, form: PendingLookup.Form)] = []
    producer.takeDeliveries { delivery in
      let (id, form) = PendingLookup.parts(of: delivery.token)
      if let error = delivery.error {
        if error.code == .messageTooLarge, form != .deadLetter { refused.append((id, form)) } else { failed = error }
        return
      }
      if let lookup = pending.acknowledged(id, form: form) { ledgers[lookup.partition]?.finish(lookup.offset) }
    }
    if let failed { throw failed }
    // The broker takes less than the producer: the next smaller form.
    for (id, form) in refused {
      if let lookup = pending.lookup(id, form: form), let finding = lookup.finding {
        write(finding, id, lookup, form: form.next)
      }
    }
    try throwFailure()
  }
}

extension PendingLookup {
  /// What a producer hands back with the acknowledgement of a record.
  fileprivate static func token(_ id: UInt64, _ form: Form) -> UInt { UInt(id << 2 | UInt64(form.rawValue)) }

  fileprivate static func parts(of token: UInt) -> (id: UInt64, form: Form) {
    (UInt64(token >> 2), Form(rawValue: UInt8(token & 3)) ?? .deadLetter)
  }
}

extension PendingLookup.Form {
  /// The next smaller form.
  fileprivate var next: PendingLookup.Form { self == .whole ? .withoutMessage : .deadLetter }
}

/// A look-up that was read some time ago, as the record that it was.
private struct KeptRecord: LogRecord {
  let partition: LogPartition
  let offset: Int64
  let timestamp: Timestamp
  private(set) var key: ByteView?
  private(set) var value: ByteView?
  private let headers: OwnedHeaders

  init(_ lookup: PendingLookup) {
    partition = LogPartition(.presenceLookups, lookup.partition)
    offset = lookup.offset
    timestamp = lookup.kept?.timestamp ?? Timestamp(milliseconds: 0)
    headers = lookup.kept?.headers ?? OwnedHeaders()
  }

  /// The record with its bytes, which the caller keeps alive.
  func lending(key: ByteView, value: ByteView) -> KeptRecord {
    var copy = self
    copy.key = key
    copy.value = value
    return copy
  }

  func forEachHeader(_ body: (_ name: ByteView, _ value: ByteView?) -> Void) {
    headers.withHeaders { list in
      for header in list { body(header.name, header.value) }
    }
  }
}
