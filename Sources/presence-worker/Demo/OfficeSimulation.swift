// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel
import Worker

/// Writes what happens in the simulated office into the worker's input topics, until it is told to stop.
///
/// Used by one thread.
final class OfficeSimulation {
  private let producer: KafkaProducer
  private let prefix: String
  private let partitions: Int32
  private let chat: OfficeAgent
  private let server: OfficeAgent
  private let encoder = EventEncoder()
  private var envelope = EnvelopeWriter(source: "/office")
  private var headers = KafkaHeaders()
  private var topics: [LogTopic: KafkaTopic] = [:]
  private var office = Office(seed: 2_026)
  private var events = 0
  private var requests = 0
  private let clock = SystemLaneClock()

  init(
    bootstrapServers: String,
    prefix: String,
    partitions: Int,
    chat: OfficeAgent,
    server: OfficeAgent
  ) throws(KafkaError) {
    self.prefix = prefix
    self.partitions = Int32(partitions)
    self.chat = chat
    self.server = server
    producer = try KafkaProducer(
      KafkaConfiguration(bootstrapServers: bootstrapServers),
      clientID: "office",
      transactionalID: nil
    )
    for topic in [LogTopic.presenceChanges, .userProfiles, .contactRequests] {
      topics[topic] = try producer.topic(prefix + topic.name)
    }
  }

  /// Lets everybody come to the office, and then something happen every `pace`.
  func run(pace: Duration, while goesOn: () -> Bool) throws(KafkaError) {
    for person in Office.people {
      try send(.userProfiles, .userProfile, person) { Office.profile(person, encoder, $0) }
    }
    for person in Office.people {
      try send(.presenceChanges, .presenceChange, person) { body in
        office.change(of: person, now: clock.wall, chat: chat, server: server, encoder) { _, value in body(value) }
      }
    }
    while goesOn() {
      // A poll ends with the first acknowledgement, so it takes several to let the time pass.
      let next = clock.monotonic + pace.components.seconds * 1_000 + pace.components.attoseconds / 1_000_000_000_000_000
      while goesOn(), clock.monotonic < next {
        try producer.poll(timeout: .milliseconds(min(100, max(1, next - clock.monotonic))))
        producer.takeDeliveries { _ in }
      }
      if goesOn() { try happen() }
    }
    producer.close()
  }

  /// Something happens: two changes, then a request, and so on.
  private func happen() throws(KafkaError) {
    events += 1
    let isRequest = events % 3 == 0
    if isRequest { requests += 1 }
    var written: (person: Office.Person, value: [UInt8])?
    let now = clock.wall
    if isRequest {
      office.request(number: requests, now: now, encoder) { written = ($0, Array($1)) }
    } else {
      office.change(now: now, chat: chat, server: server, encoder) { written = ($0, Array($1)) }
    }
    guard let written else { return }
    let topic: LogTopic = isRequest ? .contactRequests : .presenceChanges
    try send(topic, isRequest ? .contactRequest : .presenceChange, written.person) { body in
      written.value.withUnsafeBytes(body)
    }
  }

  private func send(
    _ topic: LogTopic,
    _ type: EventType,
    _ person: Office.Person,
    _ write: ((UnsafeRawBufferPointer) -> Void) -> Void
  ) throws(KafkaError) {
    guard let target = topics[topic] else { return }
    events += 1
    var value: [UInt8] = []
    write { value = Array($0) }
    envelope.begin(type)
    Texts.lend(["office-\(events)", person.user]) { text in
      envelope.set(id: text[0])
      envelope.set(subject: text[1])
    }
    envelope.set(time: clock.wall)
    headers.truncate(to: 0)
    for index in 0..<envelope.count {
      headers.append(name: envelope.name(at: index).raw, value: envelope.value(at: index).raw)
    }
    let key = Array(person.user.utf8)
    let partition = key.withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: partitions) }
    var failure: KafkaError?
    key.withUnsafeBytes { key in
      value.withUnsafeBytes { value in
        do throws(KafkaError) {
          try producer.produce(target, partition: partition, key: key, value: value, headers: headers, timestamp: 0)
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
  }
}
