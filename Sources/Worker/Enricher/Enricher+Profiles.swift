// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

extension Enricher {
  /// Applies a profile: what the portal knows of a user, and which identity counts (presence rule 2).
  func apply<Sink: EnricherSink>(
    _ profile: UserProfile,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) {
    let id = store.users.find(profile.user)
    var state: UserState
    var before: PresenceProjection?
    var isKnown = false
    if let id, let known = self.state(id, in: store), !known.flags.contains(.deleted) {
      if let updatedAt = profile.updatedAt, let knownUpdate = known.profileUpdatedAt,
        updatedAt.milliseconds < knownUpdate
      {
        context.outcome = .older
        return
      }
      state = known
      isKnown = true
      before = settings.coalesce ? nil : projection(of: known)
    } else {
      state = UserState(user: profile.user, readings: readings)
      state.creation = context.timestamp.milliseconds
    }

    let oldIdentity = state.identity
    state.settlePublishedAddress()
    state.adopt(profile)
    if state.identity != oldIdentity { state.claim = launches.claim(state.identity) }
    if !state.identity.equalsIgnoringASCIICase(oldIdentity) {
      state.flags.remove(.lookupFailed)
      state.interest = identityChanged(state.interest)
      if isKnown, !oldIdentity.isEmpty, state.claim != UserState.noClaim, settings.presenceEnabled,
        profile.presenceEnabled, state.winningReading(settings.policy) == nil
      {
        requestLookup(
          of: &state,
          reason: .addressChanged,
          notOlderThan: context.now.wall,
          deadline: context.now.wall.adding(milliseconds: settings.lookupTimeout.milliseconds),
          &context,
          sink: sink
        )
      }
    }
    finish(&state, id: id, before: before, store, &context, sink: sink)
  }

  /// What is left of an interest when another address counts: people still want to know, but nothing is under way.
  private func identityChanged(_ interest: UserState.Interest) -> UserState.Interest {
    var changed = UserState.Interest()
    changed.until = interest.until
    changed.refreshAt = interest.refreshAt
    return changed
  }

  /// Deletes a user: a tombstone goes out, and what stays is the memory of when.
  func delete<Sink: EnricherSink>(
    _ user: ByteView,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) {
    let id = store.users.find(user)
    let deletedAt = momentOfDeletion(context)
    if let id, let known = state(id, in: store), known.flags.contains(.deleted),
      known.deletedAt >= deletedAt.milliseconds
    {
      context.outcome = .repeated
      return
    }
    counters.deletions += 1
    var marker = UserState(user: user, readings: readings)
    marker.flags = .deleted
    marker.deletedAt = deletedAt.milliseconds
    marker.creation = deletedAt.milliseconds
    let stored = store.users.store(marker, as: id)
    armTimers(of: marker, id: stored, store, now: context.now.monotonic)
    if settings.coalesce {
      traces.note(store.partition, stored, context.trace)
    } else {
      publishTombstone(
        user: user,
        deletedAt: deletedAt,
        trace: context.trace,
        store,
        now: context.now,
        sink: sink
      )
    }
  }

  /// The record's time, unless it lies further ahead than a change may: it would hold back every change until then.
  private func momentOfDeletion(_ context: InputContext) -> Timestamp {
    context.timestamp > context.now.wall.adding(milliseconds: clockTolerance) ? context.now.wall : context.timestamp
  }
}

extension UserState {
  /// Takes over what the portal says of a user.
  mutating func adopt(_ profile: UserProfile) {
    flags.insert(.hasProfile)
    if profile.presenceEnabled { flags.remove(.presenceDisabled) } else { flags.insert(.presenceDisabled) }
    profileUpdatedAt = profile.updatedAt?.milliseconds
    displayName = profile.displayName
    mail = profile.mail
    if MailAddress.isValid(mail) { flags.insert(.hasMail) } else { flags.remove(.hasMail) }
    enterpriseAddress = profile.enterpriseAddress
    networkAddress = profile.networkAddress
    networkDisplayName = profile.networkDisplayName
  }
}
