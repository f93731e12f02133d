// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Worker

extension BoardEvent {
  /// The topics that a board is made of.
  static let topics: [LogTopic] = [.presenceSnapshots, .imDispatches, .mailDispatches, .contactOutcomes]

  /// The event of a record; nil for a record of a topic that no board shows, and for a tombstone of a dispatch.
  ///
  /// - Throws: what is wrong with the value.
  init?(
    _ topic: LogTopic,
    key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?,
    envelope: Envelope,
    decoder: EventDecoder
  ) throws(DecodingFailure) {
    guard let value else {
      guard topic == .presenceSnapshots, let key else { return nil }
      self = .gone(user: ByteView(key).string)
      return
    }
    switch topic {
    case .presenceSnapshots: self = .person(Person(try decoder.snapshot(value, envelope: envelope)))
    case .mailDispatches: self = .mail(Mail(try decoder.mailDispatch(value, envelope: envelope)))
    case .imDispatches: self = .chat(Chat(try decoder.imDispatch(value, envelope: envelope)))
    case .contactOutcomes: self = .outcome(Outcome(try decoder.outcome(value, envelope: envelope)))
    default: return nil
    }
  }
}

extension BoardEvent.Person {
  init(_ snapshot: PresenceSnapshot) {
    self.init(
      user: snapshot.user.string,
      displayName: snapshot.displayName.string,
      address: snapshot.imAddress.string,
      state: snapshot.state,
      quality: snapshot.quality,
      message: snapshot.statusMessage.string,
      source: snapshot.source.string,
      observedAt: snapshot.observedAt,
      validUntil: snapshot.validUntil,
      version: snapshot.version
    )
  }
}

extension BoardEvent.Mail {
  init(_ dispatch: MailDispatch) {
    self.init(
      request: dispatch.request.id.string,
      from: dispatch.request.requester.user.string,
      to: dispatch.request.recipient.string,
      address: dispatch.toMail.string,
      subject: dispatch.request.subject.string,
      reason: dispatch.reason,
      at: dispatch.createdAt
    )
  }
}

extension BoardEvent.Chat {
  init(_ dispatch: IMDispatch) {
    self.init(
      request: dispatch.request.id.string,
      from: dispatch.request.requester.user.string,
      to: dispatch.request.recipient.string,
      client: dispatch.launch.client.string,
      uri: dispatch.launch.uri.string,
      at: dispatch.createdAt
    )
  }
}

extension BoardEvent.Outcome {
  init(_ outcome: ContactOutcome) {
    let verdict: Verdict
    switch outcome.outcome {
    case .dispatched: verdict = .dispatched(outcome.channel ?? .auto)
    case .rejected: verdict = .rejected(outcome.reason)
    case .expired: verdict = .expired
    }
    self.init(
      request: outcome.request.id.string,
      from: outcome.request.requester.user.string,
      to: outcome.request.recipient.string,
      verdict: verdict,
      state: outcome.presence?.state,
      quality: outcome.presence?.quality,
      trace: outcome.trace.map(\.string),
      at: outcome.decidedAt
    )
  }
}
