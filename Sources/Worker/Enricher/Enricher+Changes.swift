// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

extension Enricher {
  /// Applies a change, an ask or an answer: presence rules 2 and 4 to 7.
  func apply<Sink: EnricherSink>(
    _ change: PresenceChange,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) {
    let id = store.users.find(change.user, hash: context.userHash)
    var state: UserState
    var before: PresenceProjection?
    if let id, let record = store.users.record(id) {
      state = PackedUser.unpack(record, into: readings)
      if state.flags.contains(.deleted) {
        let age = context.now.wall.milliseconds - state.deletedAt
        if change.observedAt.milliseconds < state.deletedAt, age < settings.deletionMemory.milliseconds {
          context.outcome = .beforeDeletion
          return
        }
        // Whoever asks for somebody who is gone does not bring the user back.
        if change.isAsk, change.imAddress.isEmpty {
          context.outcome = .unclaimed
          return
        }
        state = UserState(user: state.user, readings: readings)
        state.creation = context.timestamp.milliseconds
      } else if !settings.coalesce {
        before = projection(of: state)
      }
    } else {
      if change.isAsk, change.imAddress.isEmpty {
        context.outcome = .unclaimed
        return
      }
      state = UserState(user: change.user, readings: readings)
      state.creation = context.timestamp.milliseconds
    }

    let oldIdentity = state.identity
    let changed: Bool
    if change.isAnswer {
      changed = applyAnswer(change, to: &state, &context)
    } else if change.isAsk {
      changed = applyAsk(change, to: &state, &context, sink: sink)
    } else {
      changed = applyPush(change, to: &state, &context)
    }
    guard changed else { return }
    state.refreshEventAddress()
    if state.identity != oldIdentity { state.claim = launches.claim(state.identity) }
    // What failed was a look-up of the address that counted before.
    if !state.identity.equalsIgnoringASCIICase(oldIdentity) { state.flags.remove(.lookupFailed) }
    finish(&state, id: id, before: before, store, &context, sink: sink)
  }

  // MARK: Pushed readings

  /// Applies what a source pushed. Returns whether anything is different, published or not.
  private func applyPush(_ change: PresenceChange, to state: inout UserState, _ context: inout InputContext) -> Bool {
    let now = context.now
    let reading = Reading(
      address: change.imAddress,
      source: change.source,
      device: change.device,
      message: change.statusMessage,
      state: change.state ?? .offline,
      observedAt: change.observedAt,
      sequence: change.sequence,
      leaseSeconds: change.leaseSeconds,
      renewedAt: now.monotonic
    )

    let known = state.readings.firstIndex { $0.isOfSameOrigin(as: reading) }
    if let known {
      switch reading.order(after: state.readings[known]) {
      case .older:
        context.outcome = .older
        return false
      case .same:
        context.outcome = .repeated
        return false
      case .newer:
        break
      }
    }

    // A fresh look-up is a view of the whole identity: a push that was observed before it says nothing new. Once it is
    // not fresh any more any push replaces it, so that a gateway whose clock is behind is not shut out for ever.
    if let lookedUp = state.readings.firstIndex(where: { $0.isLookedUp && $0.hasSameIdentity(as: reading, in: state) })
    {
      let view = state.readings[lookedUp]
      if view.standing == .live, view.observedAt > reading.observedAt, let until = view.validUntil, until > now.wall {
        context.outcome = .superseded
        return false
      }
      state.readings[lookedUp].standing = .superseded
    }

    if let known {
      state.readings[known] = reading
    } else {
      state.readings.append(reading)
    }
    if state.counts(reading.address) { state.flags.remove(.lookupFailed) }
    return true
  }

  // MARK: Answers of the resolver

  /// Applies the resolver's answer to a look-up.
  private func applyAnswer(_ change: PresenceChange, to state: inout UserState, _ context: inout InputContext) -> Bool {
    let now = context.now
    guard !state.identity.isEmpty || !change.imAddress.isEmpty,
      state.identity.isEmpty || state.counts(change.imAddress)
    else {
      context.outcome = .foreign
      return false
    }
    let view = state.readings.firstIndex { $0.isLookedUp && state.counts($0.address) }
    if change.failure != nil {
      context.outcome = .failed
      state.interest.lookupIssuedAt = 0
      state.interest.lookupUntil = 0
      state.interest.failedUntil = now.monotonic + settings.failureMemory.milliseconds
      if state.interest.until > now.monotonic {
        state.interest.refreshAt = now.monotonic + settings.lookupTimeout.milliseconds
      }
      // What is pushed, or still within its validity, is as good as it was before somebody asked for more.
      let winner = state.winningReading(settings.policy)
      if let winner, !winner.isLookedUp || (winner.validUntil ?? .distantPast) > now.wall { return true }
      state.flags.insert(.lookupFailed)
      return true
    }
    guard let presence = change.state else { return false }
    if let view, state.readings[view].observedAt >= change.observedAt {
      context.outcome = .late
      return false
    }

    var hasLaterPush = false
    for index in 0..<state.readings.count {
      let pushed = state.readings[index]
      guard !pushed.isLookedUp, pushed.standing == .live, state.counts(pushed.address) else { continue }
      if pushed.observedAt > change.observedAt {
        hasLaterPush = true
      } else {
        state.readings[index].standing = .superseded
      }
    }
    let freshness =
      change.validForSeconds > 0
      ? Int64(change.validForSeconds) * 1_000
      : launches.freshness(launches.claim(change.imAddress))
    let validUntil = change.observedAt.adding(
      milliseconds: freshness + jitter(of: freshness, for: change.user, at: change.observedAt)
    )
    let reading = Reading(
      address: change.imAddress,
      source: change.source,
      message: change.statusMessage,
      state: presence,
      standing: hasLaterPush ? .superseded : .live,
      observedAt: change.observedAt,
      validUntil: validUntil
    )
    if let view {
      state.readings[view] = reading
    } else {
      state.readings.append(reading)
    }
    state.flags.remove(.lookupFailed)
    state.interest.lookupIssuedAt = 0
    state.interest.lookupUntil = 0
    state.interest.failedUntil = 0
    if state.interest.until > now.monotonic {
      state.interest.refreshAt = refreshMoment(before: validUntil, now)
    }
    return true
  }

  /// When to look again so that the answer is there before what is known expires: a tenth of its time earlier.
  private func refreshMoment(before validUntil: Timestamp, _ now: LaneTime) -> Int64 {
    let left = max(1_000, validUntil.milliseconds - now.wall.milliseconds)
    return now.monotonic + left - left / 10
  }

  /// A deviation of up to `jitterPercent` of `freshness`, the same for the same user and moment.
  private func jitter(of freshness: Int64, for user: ByteView, at moment: Timestamp) -> Int64 {
    let span = freshness * Int64(settings.jitterPercent) / 100
    guard span > 0 else { return 0 }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bitPattern: moment.milliseconds)
    for index in 0..<user.count { hash = (hash ^ UInt64(user[index])) &* 0x0000_0100_0000_01B3 }
    hash ^= hash >> 31
    return Int64(hash % UInt64(2 * span + 1)) - span
  }

  // MARK: Asks

  /// Applies "look, unless you know something observed at or after `observedAt`".
  private func applyAsk<Sink: EnricherSink>(
    _ change: PresenceChange,
    to state: inout UserState,
    _ context: inout InputContext,
    sink: Sink
  ) -> Bool {
    let now = context.now
    if state.identity.isEmpty, !change.imAddress.isEmpty {
      state.eventAddress = change.imAddress
      state.claim = launches.claim(change.imAddress)
    }
    if state.flags.contains(.presenceDisabled) || !settings.presenceEnabled { return true }
    guard state.claim != UserState.noClaim else {
      context.outcome = .unclaimed
      return true
    }
    state.interest.until = now.monotonic + settings.interest.milliseconds

    let notOlderThan = min(change.observedAt, now.wall)
    let winner = state.winningReading(settings.policy)
    if let winner, !state.flags.contains(.lookupFailed), winner.observedAt >= notOlderThan {
      counters.cacheHits += 1
      if let until = winner.validUntil {
        state.interest.refreshAt = refreshMoment(before: until, now)
      }
      return true
    }
    counters.cacheMisses += 1
    requestLookup(
      of: &state,
      reason: .asked,
      notOlderThan: notOlderThan,
      deadline: now.wall.adding(milliseconds: settings.lookupTimeout.milliseconds),
      &context,
      sink: sink
    )
    return true
  }

  /// Publishes a look-up unless one is under way that will do, or one has just failed.
  func requestLookup<Sink: EnricherSink>(
    of state: inout UserState,
    reason: PresenceLookup.Reason,
    notOlderThan: Timestamp,
    deadline: Timestamp,
    _ context: inout InputContext,
    sink: Sink
  ) {
    let now = context.now
    if state.interest.failedUntil > now.monotonic {
      counters.failuresRemembered += 1
      stayInterested(&state, until: state.interest.failedUntil, now)
      return
    }
    if state.interest.lookupUntil > now.monotonic, state.interest.lookupIssuedAt >= notOlderThan.milliseconds {
      counters.lookupsJoined += 1
      stayInterested(&state, until: state.interest.lookupUntil + settings.failureMemory.milliseconds, now)
      return
    }
    state.interest.lookupIssuedAt = now.wall.milliseconds
    state.interest.lookupUntil = now.monotonic + max(0, deadline.milliseconds - now.wall.milliseconds)
    if state.interest.until > now.monotonic {
      // Should no answer come at all, the next try is due a little later.
      state.interest.refreshAt = state.interest.lookupUntil + settings.failureMemory.milliseconds
    }
    publishLookup(
      user: state.user,
      address: state.identity,
      reason: reason,
      notOlderThan: notOlderThan,
      deadline: deadline,
      contact: nil,
      &context,
      sink: sink
    )
  }

  /// A look-up that was due and is not asked for now is due again later, as long as somebody is interested.
  private func stayInterested(_ state: inout UserState, until moment: Int64, _ now: LaneTime) {
    if state.interest.until > now.monotonic, state.interest.refreshAt == 0 { state.interest.refreshAt = moment }
  }
}

extension ReadingList {
  /// The index of the first reading that `predicate` accepts.
  func firstIndex(where predicate: (Reading) -> Bool) -> Int? {
    for index in 0..<count where predicate(self[index]) { return index }
    return nil
  }
}

extension UserState {
  /// The address in the events: that of the reading with an address that was observed last.
  ///
  /// It follows from the readings alone, so that a restored state has the same one.
  mutating func refreshEventAddress() {
    var newest: Int?
    for index in readings.buffer.indices where !readings[index].address.isEmpty {
      if let newest, readings[newest].observedAt > readings[index].observedAt { continue }
      newest = index
    }
    guard let newest else { return }
    eventAddress = readings[newest].address
    flags.remove(.hasPublishedAddress)
  }
}

/// How two readings of the same origin stand to each other.
private enum ReadingOrder { case older, same, newer }

extension Reading {
  /// Whether both were pushed by the same source for the same identity and device.
  fileprivate func isOfSameOrigin(as other: Reading) -> Bool {
    !isLookedUp && !other.isLookedUp && source == other.source && device == other.device
      && address.equalsIgnoringASCIICase(other.address)
  }

  /// Whether both speak of the same identity of a user.
  fileprivate func hasSameIdentity(as other: Reading, in state: UserState) -> Bool {
    address.equalsIgnoringASCIICase(other.address) || (state.counts(address) && state.counts(other.address))
  }

  /// Presence rule 5: by sequence where both have it, else by time; the same event twice is no news.
  fileprivate func order(after known: Reading) -> ReadingOrder {
    if let sequence, let knownSequence = known.sequence {
      return sequence == knownSequence ? .same : sequence < knownSequence ? .older : .newer
    }
    if observedAt != known.observedAt { return observedAt < known.observedAt ? .older : .newer }
    return state == known.state && message == known.message && leaseSeconds == known.leaseSeconds ? .same : .newer
  }
}
