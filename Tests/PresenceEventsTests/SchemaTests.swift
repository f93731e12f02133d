// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@testable import PresenceEvents

@Suite(.computing, .enabled(if: EventSchemas.isAvailable, EventSchemas.requirement))
struct SchemaTests {
  @Test func everythingThatIsWrittenFollowsItsSchema() throws {
    let decoder = EventDecoder()
    var events: [String: [[UInt8]]] = [:]
    for sample in Sample.all {
      events["\(sample.type)", default: []].append(try decoder.rewrite(sample.bytes, as: sample.type))
    }
    #expect(try EventSchemas.problems(in: events) == [])
  }

  /// What the decoders let through, the schemas do as well, once it is written again.
  @Test func whatWasReadFromDamagedEventsFollowsItsSchemaToo() throws {
    var random = SplitMix(state: 4_711)
    let decoder = EventDecoder()
    var events: [String: [[UInt8]]] = [:]
    var count = 0
    while count < 3_000 {
      let sample = Sample.all[Int(random.next() % UInt64(Sample.all.count))]
      var bytes = sample.bytes
      Mutation.apply(to: &bytes, with: &random)
      guard let written = try? decoder.rewrite(bytes, as: sample.type), written != sample.bytes else { continue }
      events["\(sample.type)", default: []].append(written)
      count += 1
    }
    let problems = try EventSchemas.problems(in: events)
    #expect(problems.isEmpty, "\(problems.prefix(20).joined(separator: "\n"))")
  }

  @Test func theValidatorFindsWhatIsWrong() throws {
    let wrong: [(schema: String, event: String)] = [
      ("presence.change.v1", #"{"user":"u","source":"s","observedAt":"2026-02-30T08:15:30Z"}"#),
      ("presence.change.v1", #"{"user":"u","source":"s","observedAt":"2026-11-22T08:15:30Z","stat":"busy"}"#),
      ("presence.change.v1", #"{"user":"u\u0007","source":"s","observedAt":"2026-11-22T08:15:30Z"}"#),
      ("presence.change.v1", #"{"user":"u","source":"s","observedAt":"2026-11-22T08:15:30Z","lookupId":"l"}"#),
      ("contact.outcome.v1", Sample.named("contact.outcome.v1").text.replacing("dispatchId", with: "dispatchID")),
      ("presence.snapshot.v1", Sample.named("presence.snapshot.v1").text.replacing(".123Z", with: "Z")),
      ("presence.snapshot.v1", #"{"user":"u","user":"u"}"#),
      ("no.such.v1", "{}"),
    ]
    for (schema, event) in wrong {
      #expect(try !EventSchemas.problems(in: [schema: [Array(event.utf8)]]).isEmpty, "\(event)")
    }
  }
}
