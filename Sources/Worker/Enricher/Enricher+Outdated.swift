// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// Snapshots that a worker with another configuration published.
///
/// Where presence or a service is switched off, or an agent gets another client, nothing happens to the users, and yet
/// what readers see of them is no longer true: a menu offers what the portal has no longer. So a restore compares what
/// was published with what would be published now, and has the difference published.
extension Enricher {
  /// Ends a restore: marks the users whose snapshots offer something else than the configuration does, so that they are
  /// published anew within a minute. The state itself is the same, so this is no change of anybody's presence.
  ///
  /// A member that stood still may have ended a restore on positions of long ago, without profiles that somebody else has
  /// processed since: then everybody who has one looks outdated, until it learns that the partition is lost and restores it
  /// again. So what was published is kept of those who are marked, and they are looked at again.
  func noteOutdated(_ store: PartitionStore, now: LaneTime) {
    let (offers, doubted) = (store.offers, store.doubtedOffers)
    store.offers = OfferTable()
    store.doubtedOffers = OfferTable()
    // In the order of the tables, so that the same log is always the same run.
    doubted.forEach { id, published in
      // Whoever is not marked any more was published since.
      guard offers[id] == nil, state(id, in: store)?.flags.contains(.outdated) == true else { return }
      judge(id, published, store, now: now)
    }
    offers.forEach { id, published in judge(id, published, store, now: now) }
    store.users.commit()
  }

  private func judge(_ id: UserTable.UserID, _ published: Int, _ store: PartitionStore, now: LaneTime) {
    guard var state = state(id, in: store), !state.flags.contains(.deleted) else { return }
    let isOutdated = offer(of: state, settings, launches).hash != published
    if isOutdated { store.doubtedOffers.note(published, of: id) }
    guard isOutdated != state.flags.contains(.outdated) else { return }
    if isOutdated {
      state.flags.insert(.outdated)
      counters.outdated += 1
    } else {
      state.flags.remove(.outdated)
    }
    let stored = store.users.store(state, as: id)
    armTimers(of: state, id: stored, store, now: now.monotonic)
  }

  /// After how many milliseconds an outdated user is published: spread over a minute, as all may be.
  func outdatedDelay(of id: UserTable.UserID) -> Int64 {
    Int64((UInt64(id) &* 0x9E37_79B9_7F4A_7C15) >> 32 % 60_000)
  }

  /// What a configuration makes readers see of a user beside the presence itself.
  func offer(of state: UserState, _ settings: EnricherSettings, _ launches: LaunchTable) -> PublishedOffer {
    let projection = state.projection(ProjectionRules(settings), canLaunch: launches.canLaunch(state.claim))
    var offer = PublishedOffer(
      actions: projection.actions,
      selfActions: projection.selfActions,
      isDisabled: projection.quality == .disabled
    )
    if let client = launches.client(projection.launch),
      let uri = launches.launchURI(projection.launch, for: projection.imAddress, into: &uriScratch)
    {
      offer.launch = PresenceSnapshot.Launch(client: client, uri: uri)
    }
    return offer
  }
}

/// The part of a snapshot that the configuration decides.
struct PublishedOffer {
  var actions: ActionSet
  var selfActions: ActionSet
  var isDisabled: Bool
  var launch: PresenceSnapshot.Launch?

  init(actions: ActionSet, selfActions: ActionSet, isDisabled: Bool) {
    self.actions = actions
    self.selfActions = selfActions
    self.isDisabled = isDisabled
  }

  init(_ snapshot: PresenceSnapshot) {
    self.init(
      actions: snapshot.actions,
      selfActions: snapshot.selfActions,
      isDisabled: snapshot.quality == .disabled
    )
    launch = snapshot.im
  }

  /// Equal for equal offers in this process, and never zero: what is kept of a snapshot until the profile is known.
  var hash: Int {
    var hasher = Hasher()
    hasher.combine(actions.rawValue)
    hasher.combine(selfActions.rawValue)
    hasher.combine(isDisabled)
    if let launch {
      hasher.combine(bytes: launch.client.raw)
      hasher.combine(bytes: launch.uri.raw)
    }
    let hash = hasher.finalize()
    return hash == 0 ? 1 : hash
  }
}

/// The hashes of what the snapshots that are being restored offered, by the numbers of their users.
struct OfferTable {
  /// Zero where there is none.
  private var hashes: [Int] = []

  /// Notes what a user's snapshot offered.
  mutating func note(_ hash: Int, of id: UserTable.UserID) {
    if id >= hashes.count {
      let capacity = max(id + 1, hashes.count / 2 * 3)
      hashes.append(contentsOf: repeatElement(0, count: capacity - hashes.count))
    }
    hashes[id] = hash
  }

  /// Forgets what a user's snapshot offered.
  mutating func forget(_ id: UserTable.UserID) {
    if id < hashes.count { hashes[id] = 0 }
  }

  /// What was noted of a user; nil where nothing was.
  subscript(id: UserTable.UserID) -> Int? { id < hashes.count && hashes[id] != 0 ? hashes[id] : nil }

  /// Calls `body` with each user's number and what was noted, in the order of the numbers.
  func forEach(_ body: (_ id: UserTable.UserID, _ hash: Int) -> Void) {
    for id in hashes.indices where hashes[id] != 0 { body(id, hashes[id]) }
  }
}
