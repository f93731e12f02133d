// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel
import Worker

/// Waits for the outcome of one request, and for the dispatch that goes with it.
final class OutcomeWait {
  private let reader: TopicReader
  private let recipient: String
  private let decoder = EventDecoder()
  private var board = PresenceBoard()

  /// Begins to read behind everything that there is in the recipient's partition.
  init(_ broker: Broker, recipient: String) throws(CommandFailure) {
    self.recipient = recipient
    let counts = try broker.partitions(of: [.contactOutcomes])
    let partition = ByteView.withView(of: recipient) { key in
      JavaPartitioner.partition(ofKey: key.raw, count: counts[.contactOutcomes] ?? 1)
    }
    reader = try TopicReader(
      broker,
      [.contactOutcomes: .end, .mailDispatches: .end, .imDispatches: .end],
      partition: partition
    )
    try reader.readToEnd { _ in }
  }

  /// Prints what became of the request.
  ///
  /// - Throws: a temporary failure where there is no outcome in time.
  func show(request: String, within limit: Duration) throws(CommandFailure) {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while clock.now < deadline {
      try reader.poll(timeout: .milliseconds(100)) { record in take(record) }
      let contact = board.contacts.first { $0.request == request && $0.to == recipient }
      guard let contact, contact.isWhole else { continue }
      let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
      let columns = Terminal.isInteractive ? max(80, Terminal.columns) : 200
      let canvas = PresenceBoard.Canvas(columns: columns, ink: ink, now: contact.at)
      Terminal.writeLine(contact.line(canvas, showsSteps: false))
      for step in contact.outcome?.trace ?? [] { Terminal.writeLine("  \(ink("›", .faint)) \(DisplayText.safe(step))") }
      return
    }
    throw CommandFailure(
      .temporary,
      "no outcome of \(request) within \(DurationText.render(limit))",
      advice: "Is a worker running on this broker, with the role enrich? `presence-worker watch` shows what it does."
    )
  }

  private func take(_ record: TopicReader.Record) {
    do throws(DecodingFailure) {
      let event = try BoardEvent(
        record.topic,
        key: record.key,
        value: record.value,
        envelope: record.envelope,
        decoder: decoder
      )
      if let event { board.apply(event, now: record.timestamp ?? Timestamp.distantPast) }
    } catch {
      Terminal.writeError("\(LogPartition(record.topic, record.partition)) at \(record.offset): \(error.message)")
    }
  }
}

extension PresenceBoard.Contact {
  /// Whether the outcome is there, and the dispatch that it speaks of.
  fileprivate var isWhole: Bool {
    switch outcome?.verdict {
    case nil: false
    case .dispatched(.im): chat != nil
    case .dispatched: mail != nil
    case .rejected, .expired: true
    }
  }
}
