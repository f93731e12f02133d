// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

extension Enricher {
  /// Applies a contact request: it ends in one outcome, or goes on as a look-up that brings it back.
  ///
  /// `ContactRules` decides; this gathers what it decides on and writes what it has decided.
  func apply<Sink: EnricherSink>(
    _ request: ContactRequest,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    let now = context.now
    let identity = store.requests.hash(recipient: request.recipient, requestID: request.id)
    if store.requests.contains(identity) {
      context.outcome = .repeated
      return
    }
    let recipient = store.users.find(request.recipient).flatMap { state($0, in: store) }
      .flatMap { $0.flags.contains(.deleted) ? nil : $0 }
    let projection = recipient.map { self.projection(of: $0) }
    let deadline = ContactDeadline(
      channel: request.channel,
      requestedAt: request.requestedAt,
      expiresInSeconds: request.expiresInSeconds ?? defaultExpiry(of: request.channel),
      lookUpPercent: Int64(settings.contact.deadlinePercent),
      now: now.wall
    )

    steps.begin(spaces, request)
    var situation = ContactSituation(channel: request.channel)
    situation.fallback = request.fallback
    situation.isSelfContact = request.requester.user == request.recipient
    situation.recipientKnown = recipient != nil
    // Requests that come back from the resolver were counted when they came.
    situation.rateLimited =
      request.resolution == nil && !store.limiter.admit(request.requester.user, at: now.wall)
    offer(of: request, to: &situation)
    situation.hasSenderMail = canSend(request.requester)
    situation.time = deadline.time(at: now.wall)
    if let recipient, let projection {
      situation.presenceEnabled = projection.quality != .disabled
      situation.hasRecipientMail = recipient.flags.contains(.hasMail)
      situation.imPossible = projection.launch != UserState.noClaim
      situation.presence = presence(of: recipient, projection, for: request, now: now.wall)
      steps.noteAgent(launches.name(recipient.claim))
    }

    let decision = ContactRules.decide(situation)
    steps.append(decision.trace)
    if case .lookUp = decision.end, let recipient, let lookUpBy = deadline.lookUpBy {
      counters.cacheMisses += 1
      let written = publishLookup(
        user: recipient.user,
        address: recipient.identity,
        reason: .contact,
        notOlderThan: min(request.requestedAt, now.wall),
        deadline: lookUpBy,
        contact: request,
        &context,
        sink: sink
      )
      if !written { throw DeadLetterFailure(.outputTooLarge) }
      context.outcome = .waiting
      return
    }
    context.outcome = .decided
    try conclude(
      request,
      as: decision.end,
      recipient: recipient,
      projection: projection,
      shown: situation.presence,
      &context,
      sink: sink
    )
    store.requests.insert(identity, at: now.wall)
  }

  private func defaultExpiry(of channel: ContactChannel) -> Int32? {
    channel == .mail ? nil : Int32(settings.contact.expiry.milliseconds / 1_000)
  }

  /// Whether a mail can be from the requester. Whoever writes in a local client sends from the account there and need
  /// not say an address; one that is said goes into the dispatch, so it has to be one.
  private func canSend(_ requester: ContactRequest.Requester) -> Bool {
    requester.mailClient == .local && requester.mail.isEmpty || MailAddress.isValid(requester.mail)
  }

  /// What the space and the whole portal offer (contact rule 4).
  private func offer(of request: ContactRequest, to situation: inout ContactSituation) {
    var services = settings.services
    if !request.space.isEmpty {
      if let space = spaces.space(named: request.space) {
        services.formIntersection(space.services)
        situation.impEnabled = space.impEnabled
      } else if !settings.contact.unknownSpacesAllowed {
        services = []
        situation.impEnabled = false
      }
    }
    situation.offered = []
    if services.contains(.mail) { situation.offered.insert(.mail) }
    if services.contains(.im) { situation.offered.insert(.im) }
  }

  /// What is known of the recipient: from the store while that is fresh, else from what the resolver found out.
  private func presence(
    of recipient: UserState,
    _ projection: PresenceProjection,
    for request: ContactRequest,
    now: Timestamp
  ) -> ContactSituation.Presence {
    if request.channel == .mail { return .needsLookup }  // which the rules do not ask for
    if projection.quality == .fresh, projection.validUntil.map({ $0 > now }) ?? true {
      counters.cacheHits += 1
      steps.append("cache hit")
      return .fresh(projection.state)
    }
    guard let resolution = request.resolution else {
      steps.append("cache miss")
      return .needsLookup
    }
    guard recipient.counts(resolution.imAddress) else {
      steps.append("the look-up was of an address that counts no more")
      return .failed
    }
    if let state = resolution.state {
      steps.append("looked up")
      return .fresh(state)
    }
    return resolution.failure?.code == ByteView("deadlinePassed") ? .outOfTime : .failed
  }

  // MARK: Outcomes and dispatches

  private func conclude<Sink: EnricherSink>(
    _ request: ContactRequest,
    as end: ContactDecision.End,
    recipient: UserState?,
    projection: PresenceProjection?,
    shown: ContactSituation.Presence,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    let now = context.now
    var verdict = ContactOutcome.Verdict.dispatched
    var channel: ContactChannel?
    var reason: RejectionReason?
    switch end {
    case .mail(let mailReason):
      guard let recipient, let projection else { preconditionFailure("mail goes to a known recipient") }
      channel = .mail
      counters.mails.count(mailReason)
      try dispatchMail(request, to: recipient, projection, reason: mailReason, &context, sink: sink)
    case .im:
      guard let projection else { preconditionFailure("IM goes to a known recipient") }
      channel = .im
      counters.instantMessages += 1
      try dispatchIM(request, to: projection, &context, sink: sink)
    case .rejected(let why):
      verdict = .rejected
      reason = why
      counters.rejections.count(why)
    case .expired:
      verdict = .expired
      counters.expired += 1
    case .lookUp:
      preconditionFailure("only a known recipient is looked up")
    }

    let written = steps.withSteps { trace in
      var outcome = ContactOutcome(request: request, outcome: verdict, decidedAt: now.wall, trace: trace)
      outcome.channel = channel
      outcome.reason = reason
      if let projection {
        var presence = shownPresence(projection, shown, request)
        presence.observedAt = min(presence.observedAt, now.wall)  // an age is never negative
        outcome.presence = presence
      }
      if channel != nil {
        makeDispatchID(request)
        outcome.dispatchID = uriScratch.view
      }
      makeInputID(&context)
      let value = ByteView(encoder.outcome(outcome))
      return emit(
        .contactOutcome,
        id: idScratch.view,
        subject: request.recipient,
        requestID: request.id,
        trace: context.trace,
        to: LogPartition(.contactOutcomes, context.partition),
        key: request.recipient,
        value: value,
        now: now,
        sink: sink
      )
    }
    if !written { throw DeadLetterFailure(.outputTooLarge) }
  }

  private func shownPresence(
    _ projection: PresenceProjection,
    _ shown: ContactSituation.Presence,
    _ request: ContactRequest
  ) -> ContactOutcome.Presence {
    if case .fresh(let state) = shown, projection.quality != .fresh || projection.state != state,
      let resolution = request.resolution
    {
      return ContactOutcome.Presence(state: state, quality: .fresh, observedAt: resolution.observedAt)
    }
    return ContactOutcome.Presence(
      state: projection.state,
      quality: projection.quality,
      observedAt: projection.observedAt
    )
  }

  private func dispatchMail<Sink: EnricherSink>(
    _ request: ContactRequest,
    to recipient: UserState,
    _ projection: PresenceProjection,
    reason: MailReason,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    mailtoScratch.removeAll()
    _ = MailtoURI.write(to: recipient.mail, subject: request.subject, body: request.body, into: &mailtoScratch)
    makeDispatchID(request)
    let dispatch = MailDispatch(
      dispatchID: uriScratch.view,
      request: request,
      toDisplayName: projection.displayName,
      toMail: recipient.mail,
      mailto: mailtoScratch.view,
      reason: reason,
      createdAt: context.now.wall
    )
    makeInputID(&context)
    let value = ByteView(encoder.mailDispatch(dispatch))
    let written = emit(
      .mailDispatch,
      id: idScratch.view,
      subject: request.recipient,
      requestID: request.id,
      trace: context.trace,
      to: LogPartition(.mailDispatches, context.partition),
      key: request.recipient,
      value: value,
      now: context.now,
      sink: sink
    )
    if !written { throw DeadLetterFailure(.outputTooLarge) }
  }

  private func dispatchIM<Sink: EnricherSink>(
    _ request: ContactRequest,
    to projection: PresenceProjection,
    _ context: inout InputContext,
    sink: Sink
  ) throws(DeadLetterFailure) {
    guard let client = launches.client(projection.launch),
      let uri = launches.launchURI(projection.launch, for: projection.imAddress, into: &mailtoScratch)
    else { preconditionFailure("IM is possible only where a client can be launched") }
    makeDispatchID(request)
    let dispatch = IMDispatch(
      dispatchID: uriScratch.view,
      request: request,
      toDisplayName: projection.displayName,
      toAddress: projection.imAddress,
      launch: PresenceSnapshot.Launch(client: client, uri: uri),
      createdAt: context.now.wall
    )
    makeInputID(&context)
    let value = ByteView(encoder.imDispatch(dispatch))
    let written = emit(
      .imDispatch,
      id: idScratch.view,
      subject: request.recipient,
      requestID: request.id,
      trace: context.trace,
      to: LogPartition(.imDispatches, context.partition),
      key: request.recipient,
      value: value,
      now: context.now,
      sink: sink
    )
    if !written { throw DeadLetterFailure(.outputTooLarge) }
  }

  /// Writes the id of a request's dispatch into `uriScratch`: a hash of recipient and request id, so that it is the same
  /// whichever copy of the request leads to the dispatch.
  private func makeDispatchID(_ request: ContactRequest) {
    let digits = StaticString("0123456789abcdef").utf8Start
    uriScratch.removeAll()
    for seed: UInt64 in [0xCBF2_9CE4_8422_2325, 0x9AE1_6A3B_2F90_404F] {
      var hash = seed
      func mix(_ view: ByteView) {
        for index in 0..<view.count { hash = (hash ^ UInt64(view[index])) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
      }
      mix(request.recipient)
      mix(request.id)
      hash = (hash ^ (hash >> 32)) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
      for shift in stride(from: 60, through: 0, by: -4) { uriScratch.append(digits[Int(hash >> UInt64(shift) & 15)]) }
    }
  }
}
