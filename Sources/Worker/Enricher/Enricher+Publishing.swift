// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

extension Enricher {
  /// Keeps a changed state, and publishes it at once where changes are not coalesced.
  ///
  /// - Parameter before: what a reader saw before the change; nil for a new user, and where changes are coalesced.
  func finish<Sink: EnricherSink>(
    _ state: inout UserState,
    id: UserTable.UserID?,
    before: PresenceProjection?,
    _ store: PartitionStore,
    _ context: inout InputContext,
    sink: Sink
  ) {
    if settings.coalesce {
      let wasChanged = id.map { store.users.isChanged($0) } ?? false
      if wasChanged { counters.coalesced += 1 }
      let stored = store.users.store(state, as: id)
      traces.note(store.partition, stored, context.trace)
      armTimers(of: state, id: stored, store, now: context.now.monotonic)
      return
    }
    let after = projection(of: state)
    if let before, !after.differs(from: before), !state.flags.contains(.outdated) {
      counters.immaterial += 1
    } else {
      state.version += 1
      state.flags.remove(.outdated)
      publish(state, after, after: before, trace: context.trace, store, now: context.now, sink: sink)
    }
    let stored = store.users.store(state, as: id)
    armTimers(of: state, id: stored, store, now: context.now.monotonic)
  }

  /// Publishes what the transaction made of the users that it changed, where changes are coalesced.
  func publishCoalesced<Sink: EnricherSink>(_ store: PartitionStore, now: LaneTime, sink: Sink) {
    guard settings.coalesce else { return }
    for index in 0..<store.users.changedCount {
      store.users.prefetchChanged(index + 8)
      let (id, committed) = store.users.changed(index)
      guard store.users.record(id) != nil else { continue }
      let old = committed.map { PackedUser.unpack($0, into: readings) }
      let oldWasThere = old.map { !$0.flags.contains(.deleted) } ?? false
      let oldCreation = old?.creation ?? 0
      let before = oldWasThere ? old.map { projection(of: $0) } : nil
      guard var state = state(id, in: store) else { continue }
      if state.flags.contains(.deleted) {
        let marker = state
        traces.with(store.partition, id) { trace in
          publishTombstone(
            user: marker.user,
            deletedAt: Timestamp(milliseconds: marker.deletedAt),
            trace: trace,
            store,
            now: now,
            sink: sink
          )
        }
        continue
      }
      let after = projection(of: state)
      let isSameUser = oldWasThere && oldCreation == state.creation
      if isSameUser, let before, !after.differs(from: before), !state.flags.contains(.outdated) {
        counters.immaterial += 1
        continue
      }
      state.version += 1
      state.flags.remove(.outdated)
      let changed = state
      traces.with(store.partition, id) { trace in
        publish(changed, after, after: before, trace: trace, store, now: now, sink: sink)
      }
      store.users.store(state, as: id)
    }
  }

  // MARK: Snapshots

  /// Publishes a snapshot.
  ///
  /// - Parameter previous: what a reader saw before; nil where that was nothing.
  private func publish<Sink: EnricherSink>(
    _ state: UserState,
    _ projection: PresenceProjection,
    after previous: PresenceProjection?,
    trace: TraceContext,
    _ store: PartitionStore,
    now: LaneTime,
    sink: Sink
  ) {
    var snapshot = PresenceSnapshot(
      user: state.user,
      displayName: projection.displayName,
      state: projection.state,
      source: projection.source,
      observedAt: projection.observedAt,
      version: state.version,
      quality: projection.quality,
      actions: projection.actions,
      readings: state.readings.buffer
    )
    snapshot.imAddress = projection.imAddress
    snapshot.statusMessage = projection.message
    snapshot.validUntil = projection.validUntil
    snapshot.selfActions = projection.selfActions
    if let client = launches.client(projection.launch),
      let uri = launches.launchURI(projection.launch, for: projection.imAddress, into: &uriScratch)
    {
      snapshot.im = PresenceSnapshot.Launch(client: client, uri: uri)
    }
    let value = ByteView(encoder.snapshot(snapshot))
    envelope.begin(.presenceSnapshot)
    envelope.setID(user: state.user, created: Timestamp(milliseconds: state.creation), version: state.version)
    send(
      subject: state.user,
      trace: trace,
      to: LogPartition(.presenceSnapshots, store.partition),
      key: state.user,
      value: value,
      now: now,
      sink: sink
    )
    counters.snapshots.count(projection.quality)
    // Only what somebody has newly seen has an age: a profile that changes publishes an old state anew.
    if projection.quality == .fresh, projection.observedAt != previous?.observedAt {
      counters.age.record(milliseconds: max(0, now.wall.milliseconds - projection.observedAt.milliseconds))
    }
  }

  /// Publishes that a user is gone. The time of the deletion travels as `ce_time`, which restoring reads.
  func publishTombstone<Sink: EnricherSink>(
    user: ByteView,
    deletedAt: Timestamp,
    trace: TraceContext,
    _ store: PartitionStore,
    now: LaneTime,
    sink: Sink
  ) {
    idScratch.removeAll()
    idScratch.append(user)
    idScratch.append(UInt8(ascii: "/"))
    idScratch.append(decimal: deletedAt.milliseconds)
    idScratch.append(ByteView("/deleted"))
    emit(
      .presenceSnapshot,
      id: idScratch.view,
      subject: user,
      trace: trace,
      to: LogPartition(.presenceSnapshots, store.partition),
      key: user,
      value: nil,
      now: LaneTime(wall: deletedAt, monotonic: now.monotonic),
      sink: sink
    )
  }

  // MARK: Look-ups

  /// Publishes a look-up. Its id is the one of its event: the input that caused it, or the user and the moment where a
  /// timer did. Returns whether it was small enough, which only one that carries a request may not be.
  @discardableResult
  func publishLookup<Sink: EnricherSink>(
    user: ByteView,
    address: ByteView,
    reason: PresenceLookup.Reason,
    notOlderThan: Timestamp,
    deadline: Timestamp,
    contact: ContactRequest?,
    _ context: inout InputContext,
    sink: Sink
  ) -> Bool {
    if reason == .interest {
      idScratch.removeAll()
      idScratch.append(user)
      idScratch.append(UInt8(ascii: "/"))
      idScratch.append(decimal: context.now.wall.milliseconds)
      idScratch.append(ByteView("/interest"))
    } else {
      makeInputID(&context)
    }
    var lookup = PresenceLookup(
      lookupID: idScratch.view,
      user: user,
      imAddress: address,
      reason: reason,
      notOlderThan: notOlderThan,
      deadline: deadline,
      agents: launches.hash
    )
    lookup.contact = contact
    let value = ByteView(encoder.lookup(lookup))
    counters.lookups.count(reason)
    return emit(
      .presenceLookup,
      id: idScratch.view,
      subject: user,
      trace: context.trace,
      to: LogPartition(.presenceLookups, context.partition),
      key: user,
      value: value,
      now: context.now,
      sink: sink
    )
  }

  /// Makes the id of the next event that an input causes: its topic, partition and offset, and an index.
  func makeInputID(_ context: inout InputContext) {
    idScratch.removeAll()
    ByteView.withView(of: context.topic.name) { idScratch.append($0) }
    idScratch.append(UInt8(ascii: "/"))
    idScratch.append(decimal: Int64(context.partition))
    idScratch.append(UInt8(ascii: "/"))
    idScratch.append(decimal: context.offset)
    idScratch.append(UInt8(ascii: "/"))
    idScratch.append(decimal: Int64(context.emitted))
    context.emitted += 1
  }

  // MARK: The envelope

  /// Publishes a value in its CloudEvents envelope. Returns whether it was small enough.
  @discardableResult
  func emit<Sink: EnricherSink>(
    _ type: EventType,
    id: ByteView,
    subject: ByteView,
    requestID: ByteView = .empty,
    trace: TraceContext,
    to partition: LogPartition,
    key: ByteView,
    value: ByteView?,
    now: LaneTime,
    sink: Sink
  ) -> Bool {
    envelope.begin(type)
    envelope.set(id: id)
    return send(
      subject: subject,
      requestID: requestID,
      trace: trace,
      to: partition,
      key: key,
      value: value,
      now: now,
      sink: sink
    )
  }

  /// Completes an envelope that has its type and its id, and publishes a value in it.
  @discardableResult
  private func send<Sink: EnricherSink>(
    subject: ByteView,
    requestID: ByteView = .empty,
    trace: TraceContext,
    to partition: LogPartition,
    key: ByteView,
    value: ByteView?,
    now: LaneTime,
    sink: Sink
  ) -> Bool {
    envelope.set(subject: subject)
    envelope.set(time: now.wall)
    if !requestID.isEmpty { envelope.set(requestID: requestID) }
    envelope.set(trace)
    return sink.emit(to: partition, key: key, value: value, headers: envelope.all, timestamp: nil)
  }
}
