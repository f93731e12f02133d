// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// What a lane knows of one user, unpacked: what the rules read and change.
///
/// The texts are views into the packed record that the state was read from, or into the event that is being applied;
/// `PackedUser.pack` copies them into a new packed record before either goes away. The readings lie in a scratch
/// buffer of the lane.
struct UserState {
  /// What is either so or not.
  struct Flags: OptionSet {
    let rawValue: UInt16
    /// The portal has sent a profile.
    static let hasProfile = Flags(rawValue: 1)
    /// Presence is switched off by the profile.
    static let presenceDisabled = Flags(rawValue: 2)
    /// The last look-up failed and nothing newer is known.
    static let lookupFailed = Flags(rawValue: 4)
    /// The user was deleted; what is left is the memory of when.
    static let deleted = Flags(rawValue: 8)
    /// The profile has a mail address to which mail can be sent.
    static let hasMail = Flags(rawValue: 16)
    /// What was published offers what the configuration no longer has, or not what it has: see `noteOutdated`.
    static let outdated = Flags(rawValue: 32)
    /// `eventAddress` is what was published, and may have been the profile's: see `settlePublishedAddress`.
    static let hasPublishedAddress = Flags(rawValue: 64)
  }

  /// What is neither published nor restored: the times of asks and look-ups.
  struct Interest {
    /// Until when the user is kept refreshed (monotonic milliseconds); zero for never asked about.
    var until: Int64 = 0
    /// When the next look-up is due (monotonic milliseconds); zero for none.
    var refreshAt: Int64 = 0
    /// When the look-up that is under way was wished for (wall clock); zero for none.
    var lookupIssuedAt: Int64 = 0
    /// Until when it may still be answered (monotonic milliseconds).
    var lookupUntil: Int64 = 0
    /// Until when a failure is remembered (monotonic milliseconds).
    var failedUntil: Int64 = 0

    /// Whether there is nothing in it.
    var isEmpty: Bool {
      until | refreshAt | lookupIssuedAt | lookupUntil | failedUntil == 0
    }
  }

  /// The portal's name of the user.
  private(set) var user: ByteView
  /// Whether `user` lies in a packed record, where the other texts follow it.
  var isUnpacked = false
  /// When the user became known, in milliseconds of the log's time: part of the ids of what is published.
  var creation: Int64 = 0
  /// The version of the last published snapshot; zero where none was.
  var version: Int64 = 0
  /// What is either so or not.
  var flags: Flags = []
  /// The agent that claims the address that counts: its index in the directory, or `noClaim`.
  var claim: Int16 = UserState.noClaim
  /// When the portal changed the profile, in milliseconds; nil where it does not say.
  var profileUpdatedAt: Int64?
  /// When the user was deleted, in milliseconds of the log's time; zero where not.
  var deletedAt: Int64 = 0

  var displayName: ByteView = .empty
  var mail: ByteView = .empty
  var enterpriseAddress: ByteView = .empty
  var networkAddress: ByteView = .empty
  var networkDisplayName: ByteView = .empty
  /// The address in the events, which counts where the profile has none.
  var eventAddress: ByteView = .empty

  var interest = Interest()
  var readings: ReadingList

  static let noClaim: Int16 = -1

  init(user: ByteView, readings: ReadingList) {
    self.user = user
    self.readings = readings
  }

  /// The address that counts (presence rule 2); empty where none is known.
  var identity: ByteView {
    if !networkAddress.isEmpty { return networkAddress }
    if !enterpriseAddress.isEmpty { return enterpriseAddress }
    return eventAddress
  }

  /// Whether what is said of `address` is said of the identity that counts.
  func counts(_ address: ByteView) -> Bool {
    if address.isEmpty { return networkAddress.isEmpty }
    return address.equalsIgnoringASCIICase(identity)
  }
}

/// The readings of one user in a scratch buffer that is reused from user to user.
struct ReadingList {
  let base: UnsafeMutablePointer<Reading>
  private(set) var count = 0

  /// A list over memory for one more reading than a user may have.
  init(scratch: UnsafeMutablePointer<Reading>) { base = scratch }

  /// The memory that `init(scratch:)` wants.
  static func makeScratch() -> UnsafeMutablePointer<Reading> { .allocate(capacity: Reading.maximumPerUser + 1) }

  subscript(index: Int) -> Reading {
    get {
      assert(index < count)
      return base[index]
    }
    nonmutating set {
      assert(index < count)
      base[index] = newValue
    }
  }

  var buffer: UnsafeBufferPointer<Reading> { UnsafeBufferPointer(start: base, count: count) }

  mutating func removeAll() { count = 0 }

  /// Adds a reading; where that makes one too many, the one that was observed first goes.
  mutating func append(_ reading: Reading) {
    (base + count).initialize(to: reading)
    count += 1
    guard count > Reading.maximumPerUser else { return }
    var oldest = 0
    for index in 1..<count where base[index].observedAt < base[oldest].observedAt { oldest = index }
    remove(at: oldest)
  }

  /// Removes a reading and keeps the order of the others.
  mutating func remove(at index: Int) {
    for position in index..<count - 1 { base[position] = base[position + 1] }
    count -= 1
  }
}
