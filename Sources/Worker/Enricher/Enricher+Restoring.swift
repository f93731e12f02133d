// SPDX-License-Identifier: Apache-2.0

import Kafka
import PresenceEvents
import PresenceModel

/// Why a partition's state cannot be restored: the topics are not what this worker works on.
struct RestoreFailure: Error {
  var message: String
}

/// Restores state from what was published. Snapshots come before profiles: the two topics have no common order, and a
/// tombstone that was read after the profile of a user who came back would take that profile away.
extension Enricher {
  /// Takes a published snapshot, or the tombstone of one, into the store.
  ///
  /// Leases start anew with the restore: what the monotonic clock said in another process means nothing here.
  func restoreSnapshot<Record: LogRecord>(
    _ record: Record,
    into store: PartitionStore,
    now: LaneTime
  ) throws(RestoreFailure) {
    guard let user = try restoredKey(of: record) else { return }
    var created: Int64?
    var time: Timestamp?
    var headers = InputHeaders()
    record.forEachHeader { name, value in
      headers.take(name, value)
      guard let value else { return }
      if name == ByteView("ce_id") { created = EventIdentity.creation(in: value) }
      if name == ByteView("ce_time") { time = Timestamp(rfc3339: value) }
    }
    counters.restored += 1
    guard record.value != nil else {
      restoreTombstone(user, id: store.users.find(user), at: time ?? record.timestamp, into: store, now: now)
      return
    }
    do throws(DecodingFailure) {
      // As for changes: the user's memory is on its way while the value is decoded.
      let hash = store.users.hash(user)
      store.users.prefetchRecord(hash)
      let snapshot = try decoder.snapshot(record.bytes, envelope: headers.envelope)
      guard snapshot.user == user else {
        counters.unreadableState += 1
        return
      }
      let id = store.users.find(user, hash: hash)
      var state = id.flatMap { self.state($0, in: store) } ?? UserState(user: user, readings: readings)
      // One who was deleted and came back is another: nobody has asked for that one yet.
      if state.flags.contains(.deleted) || created.map({ $0 != state.creation }) ?? false {
        state = UserState(user: user, readings: readings)
      }
      state.creation = created ?? record.timestamp.milliseconds
      state.version = snapshot.version
      if snapshot.quality == .stale { state.flags.insert(.lookupFailed) } else { state.flags.remove(.lookupFailed) }
      state.readings.removeAll()
      for reading in snapshot.readings {
        var restored = reading
        restored.renewedAt = now.monotonic
        state.readings.append(restored)
      }
      state.eventAddress = snapshot.imAddress
      if snapshot.imAddress.isEmpty {
        state.flags.remove(.hasPublishedAddress)
      } else {
        state.flags.insert(.hasPublishedAddress)
      }
      state.refreshEventAddress()
      state.claim = launches.claim(state.identity)
      let stored = store.users.store(state, as: id)
      store.offers.note(PublishedOffer(snapshot).hash, of: stored)
      armTimers(of: state, id: stored, store, now: now.monotonic)
    } catch {
      counters.unreadableState += 1
    }
  }

  private func restoreTombstone(
    _ user: ByteView,
    id: UserTable.UserID?,
    at deletedAt: Timestamp,
    into store: PartitionStore,
    now: LaneTime
  ) {
    var marker = UserState(user: user, readings: readings)
    marker.flags = .deleted
    marker.deletedAt = deletedAt.milliseconds
    marker.creation = deletedAt.milliseconds
    let stored = store.users.store(marker, as: id)
    store.offers.forget(stored)
    armTimers(of: marker, id: stored, store, now: now.monotonic)
  }

  /// Takes a profile that the group has already processed into the store.
  func restoreProfile<Record: LogRecord>(
    _ record: Record,
    into store: PartitionStore,
    now: LaneTime
  ) throws(RestoreFailure) {
    guard let user = try restoredKey(of: record) else { return }
    counters.restored += 1
    guard record.value != nil else {
      guard let id = store.users.find(user), var state = state(id, in: store), !state.flags.contains(.deleted) else {
        return
      }
      state.adopt(UserProfile(user: user))
      state.flags.remove(.hasProfile)
      state.profileUpdatedAt = nil
      state.claim = launches.claim(state.identity)
      store.users.store(state, as: id)
      return
    }
    var headers = InputHeaders()
    record.forEachHeader { name, value in headers.take(name, value) }
    do throws(DecodingFailure) {
      let hash = store.users.hash(user)
      store.users.prefetchRecord(hash)
      let profile = try decoder.profile(record.bytes, envelope: headers.envelope)
      guard profile.user == user else { return }  // it became a dead letter when it was processed
      let id = store.users.find(user, hash: hash)
      var state = id.flatMap { self.state($0, in: store) } ?? UserState(user: user, readings: readings)
      if state.flags.contains(.deleted) {
        guard record.timestamp.milliseconds > state.deletedAt else { return }
        state = UserState(user: user, readings: readings)
      }
      if state.creation == 0 { state.creation = record.timestamp.milliseconds }
      if let updatedAt = profile.updatedAt, let known = state.profileUpdatedAt, updatedAt.milliseconds < known {
        return
      }
      state.adopt(profile)
      state.claim = launches.claim(state.identity)
      store.users.store(state, as: id)
    } catch {
      // Bad profiles became dead letters when they were processed; they say nothing here.
      counters.unreadableState += 1
    }
  }

  /// Takes a decided request into the duplicate filter. Only headers are read: outcomes may be many.
  func restoreOutcome<Record: LogRecord>(_ record: Record, into store: PartitionStore) throws(RestoreFailure) {
    guard let recipient = try restoredKey(of: record) else { return }
    var requestID: ByteView = .empty
    record.forEachHeader { name, value in if name == ByteView("ce_requestid") { requestID = value ?? .empty } }
    counters.restored += 1
    guard !requestID.isEmpty else {
      counters.unreadableState += 1
      return
    }
    store.requests.insert(
      store.requests.hash(recipient: recipient, requestID: requestID),
      at: record.timestamp
    )
  }

  /// The key of a state record, which has to be its partition's; nil for a record that is not ours.
  ///
  /// Whether it can be a user's name is not asked of one that is compared with the user in its value.
  private func restoredKey<Record: LogRecord>(of record: Record) throws(RestoreFailure) -> ByteView? {
    guard let key = record.key else {
      counters.unreadableState += 1
      return nil
    }
    let expected = JavaPartitioner.partition(ofKey: key.raw, count: partitionCount)
    let isElsewhere = expected != record.partition.partition
    if isElsewhere || record.value == nil || record.partition.topic == .contactOutcomes, !key.isUserName {
      counters.unreadableState += 1
      return nil
    }
    guard !isElsewhere || record.partition.topic == .userProfiles else {
      throw RestoreFailure(
        message: "\(record.partition) has a key of partition \(expected) at offset \(record.offset): the number of "
          + "partitions was changed. Create the topics under a new prefix and copy (docs/OPERATIONS.md)."
      )
    }
    return isElsewhere ? nil : key
  }
}

extension UserState {
  /// Finds out whose the published address is, before a profile comes that was not there when it was published.
  ///
  /// It was the profile's where the last one that is restored has an address: then it is none of the events, and must
  /// not count again when the profile loses it. Where that one has none it was the events', whatever profiles before it
  /// had: so those do not matter, and the log may be compacted or not.
  mutating func settlePublishedAddress() {
    guard flags.contains(.hasPublishedAddress) else { return }
    flags.remove(.hasPublishedAddress)
    if !networkAddress.isEmpty || !enterpriseAddress.isEmpty { eventAddress = .empty }
  }
}

/// The ids of snapshots: user, creation and version, so that they are the same whenever they are made again.
enum EventIdentity {
  /// The creation in a snapshot's `ce_id` (`user/creation/version`; the user may have slashes).
  static func creation(in id: ByteView) -> Int64? {
    guard let second = id.lastIndex(of: UInt8(ascii: "/")), let first = id[0..<second].lastIndex(of: UInt8(ascii: "/"))
    else { return nil }
    return DecimalDigits.number(id[first + 1..<second])
  }
}
