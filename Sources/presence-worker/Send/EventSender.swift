// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel
import Worker

/// Sends events: keyed, to the partition that Java's clients would choose, as binary CloudEvents or bare.
///
/// Used by one thread.
final class EventSender {
  /// Where a record was written.
  struct Receipt: Sendable, Equatable {
    var partition: Int32
    var offset: Int64
  }

  private let broker: Broker
  private let producer: KafkaProducer
  private let isBare: Bool
  private let clock = SystemLaneClock()
  private let session = UInt32.random(in: .min ... .max)
  private var envelope = EnvelopeWriter(source: "/presence-worker/cli")
  private var headers = KafkaHeaders()
  private var topics: [EventType: KafkaTopic] = [:]
  private var sent = 0
  private var receipts: [(index: Int, receipt: Receipt)] = []
  private var failure: KafkaError?

  /// A sender to a broker; `isBare` leaves the CloudEvents headers out.
  init(_ broker: Broker, isBare: Bool) throws(CommandFailure) {
    self.broker = broker
    self.isBare = isBare
    producer = try broker.attempt("connect") { () throws(KafkaError) in
      try KafkaProducer(
        broker.configuration.kafka.producerConfiguration.over(Self.tuning),
        clientID: broker.clientID,
        observer: broker.observer
      )
    }
  }

  /// Sends the events and waits until they are written.
  ///
  /// - Returns: where each was written, in the order of the events.
  func send(_ events: [OutgoingEvent]) throws(CommandFailure) -> [Receipt] {
    let types = Set(events.map(\.type))
    _ = try broker.partitions(of: types.map(OutgoingEvent.topic))
    for type in types {
      let name = broker.topology.name(of: OutgoingEvent.topic(of: type))
      topics[type] = try broker.attempt("send to \(name)") { () throws(KafkaError) in try producer.topic(name) }
    }
    sent = 0
    receipts = []
    for event in events { try enqueue(event) }
    try broker.attempt("send") { () throws(KafkaError) in try producer.flush(timeout: broker.timeout + .seconds(10)) }
    takeDeliveries()
    if let failure {
      throw CommandFailure(failure, doing: "send", at: broker.address, complaint: broker.lastComplaint)
    }
    return receipts.sorted { $0.index < $1.index }.map(\.receipt)
  }

  /// Frees the client.
  func close() { producer.close() }

  private func enqueue(_ event: OutgoingEvent) throws(CommandFailure) {
    guard let topic = topics[event.type] else { return }
    headers.removeAll()
    if !isBare { writeHeaders(of: event) }
    let token = UInt(sent)
    sent += 1
    while true {
      do throws(KafkaError) {
        try produce(event, topic, token)
        return
      } catch {
        guard error.code == .queueFull else {
          throw CommandFailure(error, doing: "send", at: broker.address, complaint: broker.lastComplaint)
        }
      }
      try broker.attempt("send") { () throws(KafkaError) in try producer.poll(timeout: .milliseconds(100)) }
      takeDeliveries()
    }
  }

  private func produce(_ event: OutgoingEvent, _ topic: KafkaTopic, _ token: UInt) throws(KafkaError) {
    var key = event.key
    let result = key.withUTF8 { key -> Result<Void, KafkaError> in
      do throws(KafkaError) {
        let key = UnsafeRawBufferPointer(key)
        if let value = event.value {
          return value.withUnsafeBytes { value in
            Result { () throws(KafkaError) in
              try producer.produce(
                topic,
                partition: KafkaProducer.partitionByKey,
                key: key,
                value: value,
                headers: headers,
                token: token
              )
            }
          }
        }
        try producer.produce(
          topic,
          partition: KafkaProducer.partitionByKey,
          key: key,
          value: nil,
          headers: headers,
          token: token
        )
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func writeHeaders(of event: OutgoingEvent) {
    envelope.begin(event.type)
    ByteView.withView(of: "cli/\(String(session, radix: 16))/\(sent)") { envelope.set(id: $0) }
    ByteView.withView(of: event.key) { envelope.set(subject: $0) }
    envelope.set(time: clock.wall)
    for index in 0..<envelope.count {
      headers.append(name: envelope.name(at: index).raw, value: envelope.value(at: index).raw)
    }
  }

  private func takeDeliveries() {
    producer.takeDeliveries { delivery in
      if let error = delivery.error {
        failure = failure ?? error
      } else {
        let receipt = Receipt(partition: delivery.partition, offset: delivery.offset ?? -1)
        receipts.append((index: Int(delivery.token), receipt: receipt))
      }
    }
  }

  /// A person waits: not five minutes for a broker that is away.
  private static let tuning = ["message.timeout.ms": "15000", "linger.ms": "5"]
}
