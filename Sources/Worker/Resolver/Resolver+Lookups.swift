// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceEvents
import PresenceModel

extension Resolver {
  /// Begins work on a look-up: the chain is asked, or it is sent on at once where that is of no use.
  func begin(_ record: KafkaLogRecord) {
    ledgers[record.partition.partition]?.begin(record.offset)
    status.lookups += 1
    var input = InputHeaders()
    record.forEachHeader { name, value in input.take(name, value) }
    let question: ResolverAnswer.Question
    do throws(DecodingFailure) {
      question = try answer.question(record.bytes, envelope: input.envelope, hash: chain.directory.hash)
    } catch {
      return refuse(record, input.envelope, error)
    }
    if question.isForeign { status.foreignAgents += 1 }
    let lookup = pendingLookup(record, input.envelope, user: question.user, trace: question.trace)
    let now = clock.wall
    guard now < question.need.deadline else {
      status.late += 1
      let late = AgentError(.deadlinePassed, "The look-up came after its deadline.")
      return send(pending.begin(lookup, agent: nil), .failed(late), agent: nil, at: now)
    }
    guard let agent = chain.directory.claim(question.need.address) else {
      let error = AgentError(.notClaimed, "No agent claims the address.")
      return send(pending.begin(lookup, agent: nil), .failed(error), agent: nil, at: now)
    }
    guard
      pending.admits(
        agent: agent,
        bytes: lookup.user.count + lookup.value.count,
        isAwaited: question.need.isAwaited
      )
    else {
      status.overloaded += 1
      let error = AgentError(.overloaded, "Too much is waiting for the agent.")
      return send(pending.begin(lookup, agent: nil), .failed(error), agent: agent, at: now)
    }
    let id = pending.begin(lookup, agent: agent)
    let inbox = inbox
    chain.submit(question.need, to: agent) { inbox.leave($0, for: id) }
  }

  private func pendingLookup(
    _ record: KafkaLogRecord,
    _ envelope: Envelope,
    user: [UInt8],
    trace: PendingLookup.Trace
  ) -> PendingLookup {
    let now = clock.monotonic
    let age = max(0, clock.wall.milliseconds - record.timestamp.milliseconds)
    var lookup = PendingLookup(
      partition: record.partition.partition,
      offset: record.offset,
      user: user,
      value: Array(record.bytes),
      trace: trace,
      since: now - (record.timestamp.milliseconds > 0 ? age : 0),
      readAt: now
    )
    lookup.isStructured = envelope.isStructured
    if lookup.value.count >= PendingLookup.largeValue {
      var kept = OwnedHeaders()
      record.forEachHeader { name, value in kept.append(name, value) }
      lookup.kept = PendingLookup.KeptHeaders(headers: kept, timestamp: record.timestamp)
    }
    return lookup
  }

  /// A look-up that cannot be read becomes a dead letter; the request in it, where that can be read, is sent on as one
  /// whose look-up failed, so that it has its outcome.
  private func refuse(_ record: KafkaLogRecord, _ envelope: Envelope, _ failure: DecodingFailure) {
    let trace = PendingLookup.Trace(parent: envelope.traceparent.string, state: envelope.tracestate.string)
    let lookup = pendingLookup(record, envelope, user: [], trace: trace)
    let id = pending.begin(lookup, agent: nil)
    let error = AgentError(.badLookup, "The look-up could not be read.")
    let finding = PresenceFinding(outcome: .failed(error), agent: nil, observedAt: clock.wall, wasCalled: false)
    var records = bury(record, id: id, DeadLetterFailure(failure).reason) ? 1 : 0
    answer.writeRequest(of: record.bytes, envelope: envelope, finding, lookup, now: clock.wall) { user, writer, value in
      if produce(.contactRequests, lookup.partition, key: user.raw, value: value, writer, id: id, form: .deadLetter) {
        records += 1
      }
    }
    note(finding, lookup)
    pending.sent(id, nil, form: .deadLetter, records: records)
  }

  private func send(_ id: UInt64, _ outcome: AgentOutcome, agent: Int?, at now: Timestamp) {
    let name = agent.map { chain.directory[$0].name }
    send(id, PresenceFinding(outcome: outcome, agent: name, observedAt: now, wasCalled: false))
  }
}

extension AgentError.Code {
  /// The look-up itself is broken; nobody was asked.
  static let badLookup = AgentError.Code(rawValue: "badLookup")
}
