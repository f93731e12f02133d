// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel

extension Bridge {
  /// Publishes what is due, as far as there is room, and takes acknowledgements.
  func publish() throws(KafkaError) {
    guard let producer else { return }
    try producer.poll()
    try takeDeliveries(producer)
    // Partitions that are lost are somebody else's, even before a rebalance says so.
    guard consumer?.assignmentLost == false else { return }
    publishDue(producer, isLast: false)
    try throwFailure()
  }

  /// Publishes what waits for its turn, and waits for the acknowledgements within the budget: the partitions are about to
  /// be somebody else's.
  func giveUp() throws(KafkaError) {
    guard let producer, consumer?.assignmentLost == false else { return }
    publishDue(producer, isLast: true)
    try throwFailure()
    try producer.flush(timeout: settings.drainBudget)
    try takeDeliveries(producer)
  }

  /// Throws what was noted where it could not be thrown.
  func throwFailure() throws(KafkaError) {
    guard let failure else { return }
    self.failure = nil
    throw failure
  }

  private func publishDue(_ producer: KafkaProducer, isLast: Bool) {
    let wall = clock.wall
    machine.publishDue(
      now: clock.monotonic,
      wall: wall,
      limit: max(0, settings.maximumInFlight - producer.inFlight),
      isLast: isLast
    ) { publication in
      writer.write(publication, now: wall) { envelope, value in
        produce(publication, envelope, value, producer)
      }
    }
  }

  private func produce(
    _ publication: BridgePublication,
    _ envelope: borrowing EnvelopeWriter,
    _ value: UnsafeRawBufferPointer,
    _ producer: KafkaProducer
  ) {
    guard failure == nil else { return }
    headers.truncate(to: 0)
    for index in 0..<envelope.count {
      headers.append(name: envelope.name(at: index).raw, value: envelope.value(at: index).raw)
    }
    // The delay of a change is measured when it has arrived; that of a renewal tells nothing.
    let token = publication.kind == .change ? UInt(clamping: publication.since) : 0
    do throws(KafkaError) {
      try ByteView.withView(of: publication.user) { user throws(KafkaError) in
        try producer.produce(
          changes,
          partition: publication.partition,
          key: user.raw,
          value: value,
          headers: headers,
          token: token
        )
      }
    } catch {
      // A queue that is full, too: there was room by the limit above, so the clients' own limits are lower.
      failure = error
    }
  }

  private func takeDeliveries(_ producer: KafkaProducer) throws(KafkaError) {
    var failed: KafkaError?
    let now = clock.monotonic
    producer.takeDeliveries { delivery in
      if let error = delivery.error { failed = error }
      guard delivery.error == nil, delivery.token > 0 else { return }
      status.delays.record(milliseconds: max(0, now - Int64(clamping: delivery.token)))
    }
    if let failed { throw failed }
  }
}
