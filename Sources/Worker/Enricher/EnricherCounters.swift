// SPDX-License-Identifier: Apache-2.0

/// What an enricher has counted since it began; one per lane, summed by whoever shows them.
public struct EnricherCounters: Sendable {
  /// Changes read.
  public var changes = 0
  /// Profiles read, deletions included.
  public var profiles = 0
  /// Contact requests read.
  public var requests = 0
  /// Changes that were dropped because something newer of the same source and device is known.
  public var olderDropped = 0
  /// Changes that said nothing new of the same source and device.
  public var repeats = 0
  /// Pushed changes that a fresh view of the whole identity had replaced before they came.
  public var supersededDropped = 0
  /// Changes of a deleted user that were observed before the deletion.
  public var deletedDropped = 0
  /// Answers for an address that no longer counts.
  public var foreignAnswers = 0
  /// Answers that were older than what is known.
  public var lateAnswers = 0
  /// Answers that carried a failure.
  public var failedAnswers = 0
  /// Asks and requests that were answered from the store.
  public var cacheHits = 0
  /// Asks and requests that needed a look-up.
  public var cacheMisses = 0
  /// Asks for which a look-up was under way.
  public var lookupsJoined = 0
  /// Asks that came within the memory of a failure.
  public var failuresRemembered = 0
  /// Asks for an address that no agent claims.
  public var unclaimed = 0
  /// Look-ups published.
  public var lookups = 0
  /// Snapshots published.
  public var snapshots = 0
  /// Accepted changes that a reader would not see.
  public var immaterial = 0
  /// Changes that a later one of the same transaction replaced.
  public var coalesced = 0
  /// Users deleted.
  public var deletions = 0
  /// Leases that ran out.
  public var lapsed = 0
  /// Requests that had been decided before.
  public var repeatedRequests = 0
  /// Outcomes that dispatch.
  public var dispatched = 0
  /// Outcomes that reject.
  public var rejected = 0
  /// Outcomes that came too late.
  public var expired = 0
  /// Misplaced records that were sent to the right partition.
  public var rerouted = 0
  /// Dead letters by code.
  public var deadLetters: [String: Int] = [:]
  /// State records that could not be restored.
  public var unreadableState = 0
  /// Restored users whose snapshots another configuration made, and that are published anew.
  public var outdated = 0
  /// State records that were restored.
  public var restored = 0

  /// Nothing counted.
  public init() {}
}
