// SPDX-License-Identifier: Apache-2.0

public import PresenceEvents
public import PresenceModel

/// What an enricher has counted since it began; one per lane, summed by whoever shows them.
///
/// What a transaction counted is taken back with it: the numbers are those of what was committed.
public struct EnricherCounters: Sendable {
  /// Asks and requests that were answered from the store.
  public var cacheHits = 0
  /// Asks and requests that needed a look-up.
  public var cacheMisses = 0
  /// Asks for which a look-up was under way.
  public var lookupsJoined = 0
  /// Asks that came within the memory of a failure.
  public var failuresRemembered = 0
  /// Accepted changes that a reader would not see.
  public var immaterial = 0
  /// Changes that a later one of the same transaction replaced.
  public var coalesced = 0
  /// Users deleted.
  public var deletions = 0
  /// Leases that ran out.
  public var lapsed = 0
  /// Outcomes that came too late.
  public var expired = 0
  /// IM dispatches.
  public var instantMessages = 0
  /// Dead letters by code.
  public var deadLetters: [String: Int] = [:]
  /// State records that could not be restored.
  public var unreadableState = 0
  /// Users whose snapshots another configuration made, and that are published anew.
  public var outdated = 0
  /// State records that were restored.
  public var restored = 0
  private var tables = Tables()

  /// What needs an array; they are copied number by number, so that a transaction costs no memory.
  private struct Tables: Sendable {
    /// Stands in while the real ones are being copied.
    static let none = Tables()

    var events = EventTally()
    var age = DurationHistogram.ages
    var snapshots = CaseTally<PresenceQuality>()
    var lookups = CaseTally<PresenceLookup.Reason>()
    var mails = CaseTally<MailReason>()
    var rejections = CaseTally<RejectionReason>()

    mutating func copy(from other: Tables) {
      events.copy(from: other.events)
      age.copy(from: other.age)
      snapshots.copy(from: other.snapshots)
      lookups.copy(from: other.lookups)
      mails.copy(from: other.mails)
      rejections.copy(from: other.rejections)
    }
  }

  /// Nothing counted.
  public init() {}

  /// Inputs by kind and outcome.
  public internal(set) var events: EventTally {
    _read { yield tables.events }
    _modify { yield &tables.events }
  }
  /// How old what was newly observed was when it was published.
  public internal(set) var age: DurationHistogram {
    _read { yield tables.age }
    _modify { yield &tables.age }
  }
  /// Snapshots published, by quality.
  public internal(set) var snapshots: CaseTally<PresenceQuality> {
    _read { yield tables.snapshots }
    _modify { yield &tables.snapshots }
  }
  /// Look-ups published, by reason.
  public internal(set) var lookups: CaseTally<PresenceLookup.Reason> {
    _read { yield tables.lookups }
    _modify { yield &tables.lookups }
  }
  /// Mail dispatches, by reason.
  public internal(set) var mails: CaseTally<MailReason> {
    _read { yield tables.mails }
    _modify { yield &tables.mails }
  }
  /// Rejected requests, by reason.
  public internal(set) var rejections: CaseTally<RejectionReason> {
    _read { yield tables.rejections }
    _modify { yield &tables.rejections }
  }

  /// Takes over the numbers of other counters, without new memory.
  mutating func copy(from other: EnricherCounters) {
    var own = Tables.none
    swap(&own, &tables)
    own.copy(from: other.tables)
    self = other
    tables = own
  }
}

/// How often each case of a closed list came up.
public struct CaseTally<Case: RawRepresentable & CaseIterable & Sendable>: Sendable where Case.RawValue == UInt8 {
  private var counts = [Int](repeating: 0, count: Case.allCases.count)

  /// Nothing counted.
  public init() {}

  /// How often a case came up.
  public subscript(_ element: Case) -> Int { counts[Int(element.rawValue)] }

  /// How often any came up.
  public var total: Int { counts.reduce(0, +) }

  mutating func count(_ element: Case) { counts[Int(element.rawValue)] += 1 }

  mutating func copy(from other: CaseTally) {
    for index in counts.indices { counts[index] = other.counts[index] }
  }
}
