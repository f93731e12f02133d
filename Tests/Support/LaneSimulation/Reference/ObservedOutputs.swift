// SPDX-License-Identifier: Apache-2.0

import LogSimulation
import Worker

/// What lanes have published, read from the log in the model's terms.
enum ObservedOutputs {
  /// A committed record of an output topic.
  static func read(_ record: StoredRecord, of topic: LogTopic) -> ReferenceOutput? {
    if topic == .deadLetters {
      guard let origin = record.header("dlq.topic"), let offset = record.header("dlq.offset").flatMap(Int64.init) else {
        return nil
      }
      return .deadLetter(topic: origin, offset: offset)
    }
    if topic == .presenceSnapshots, record.content.value == nil { return .tombstone }
    guard let event = ReferenceEvent(record.content.value) else { return nil }
    switch topic {
    case .presenceSnapshots: return snapshot(event)
    case .contactOutcomes:
      return .outcome(
        request: event.text("requestId") ?? "",
        verdict: event.text("outcome") ?? "",
        channel: event.text("channel"),
        reason: event.text("reason"),
        state: event.object("presence")?.text("state"),
        quality: event.object("presence")?.text("quality"),
        space: event.list("trace")?.first { $0.hasPrefix("spaces version") }
      )
    case .mailDispatches:
      return .mail(
        request: event.text("requestId") ?? "",
        to: event.object("to")?.text("mail"),
        reason: event.text("reason") ?? ""
      )
    case .imDispatches:
      return .im(request: event.text("requestId") ?? "", to: event.object("to")?.text("imAddress"))
    case .presenceLookups:
      return .lookup(
        address: event.text("imAddress"),
        reason: event.text("reason") ?? "",
        request: event.object("contact")?.text("id")
      )
    default: return nil
    }
  }

  private static func snapshot(_ event: ReferenceEvent) -> ReferenceOutput {
    let view = ReferenceView(
      displayName: event.text("displayName") ?? "",
      imAddress: event.text("imAddress"),
      state: event.text("state") ?? "",
      message: event.text("statusMessage"),
      quality: event.text("quality") ?? "",
      actions: event.list("actions") ?? [],
      validUntil: event.time("validUntil")
    )
    let readings = (event.fields["readings"] as? [[String: Any]] ?? []).map { reading(ReferenceEvent(fields: $0)) }
    return .snapshot(view, version: event.number("version") ?? 0, readings: readings)
  }

  private static func reading(_ event: ReferenceEvent) -> ReferenceReading {
    ReferenceReading(
      imAddress: event.text("imAddress"),
      source: event.text("source") ?? "",
      device: event.text("device"),
      state: event.text("state") ?? "",
      message: event.text("statusMessage"),
      observedAt: event.time("observedAt") ?? 0,
      sequence: event.number("sequence"),
      validUntil: event.time("validUntil"),
      leaseSeconds: event.number("leaseSeconds"),
      standing: event.text("standing").map { ReferenceReading.Standing(rawValue: $0) ?? .live } ?? .live
    )
  }
}
