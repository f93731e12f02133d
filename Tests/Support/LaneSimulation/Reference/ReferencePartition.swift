// SPDX-License-Identifier: Apache-2.0

/// What is true of one partition, and what each process believes of it.
///
/// The two differ. A process keeps what it has not published (an immaterial reading, a later time of observation); a
/// successor restores what was published and what the profiles say, and nothing else (presence rule 5: "after a restart
/// order is judged against the last published readings").
struct ReferencePartition {
  private struct Published {
    /// Counts the publications of the user, so that a process knows whether it has this one.
    var serial: Int
    var user: ReferenceUser
  }

  private struct Belief {
    var serial: Int
    var user: ReferenceUser
  }

  private var published: [String: Published] = [:]
  private var beliefs: [Int: [String: Belief]] = [:]
  private var buckets: [Int: [String: ReferenceBucket]] = [:]
  /// The profiles as the committed inputs have left them.
  private var profiles: [String: ReferenceProfile] = [:]
  /// The requests that have their outcome.
  var decided: Set<String> = []

  /// What a process knows of a user at the beginning of a transaction: its own belief, unless somebody has published
  /// the user since; and the profile that was committed last.
  func user(_ name: String, of host: Int) -> ReferenceUser? {
    let truth = published[name]
    var user = truth?.user
    user?.publishedAddress = nil
    if let address = truth?.user.view.imAddress, profiles[name]?.address == nil { user?.publishedAddress = address }
    if let belief = beliefs[host]?[name] {
      if belief.serial == truth?.serial ?? 0 {
        user = belief.user
      } else if user?.deletedAt == nil, user?.creation == belief.user.creation {
        // It has restored what somebody else has published, and still knows who was asked for.
        user?.interest = belief.user.interest
      }
    }
    guard user?.deletedAt == nil else { return user }
    user?.profile = profiles[name]
    return user
  }

  /// Of each user what was published, and what those processes believe that know of no other.
  var everyView: [[ReferenceUser]] {
    published.keys.sorted().map { name in
      [published[name]?.user].compactMap { $0 }
        + beliefs.values.compactMap { $0[name] }.filter { $0.serial == published[name]?.serial }.map(\.user)
    }
  }

  /// The users as a process believes them to be that knows what was published of them last.
  func users(of host: Int) -> [ReferenceUser] {
    (beliefs[host] ?? [:]).filter { name, belief in belief.serial == published[name]?.serial ?? 0 }.map(\.value.user)
  }

  /// What is left to a requester as a process believes; nothing of it is published or restored.
  func bucket(of requester: String, of host: Int) -> ReferenceBucket? { buckets[host]?[requester] }

  /// Takes over what a transaction did. A process that was not told of its commit takes its changes back, and finds
  /// what was published when it restores.
  mutating func commit(
    _ users: [String: ReferenceUser],
    published new: [String: ReferenceUser],
    buckets taken: [String: ReferenceBucket],
    by host: Int,
    isTold: Bool
  ) {
    if isTold { buckets[host, default: [:]].merge(taken) { $1 } }
    for (name, user) in users {
      if user.deletedAt == nil { profiles[name] = user.profile } else { profiles[name] = nil }
      let serial = (published[name]?.serial ?? 0) + (new[name] == nil ? 0 : 1)
      if var user = new[name] {
        user.lookupFailed = user.deletedAt == nil && user.view.quality == "stale"
        user.readings = user.readings.map(\.published)
        user.interest = ReferenceInterest()
        published[name] = Published(serial: serial, user: user)
      }
      if isTold { beliefs[host, default: [:]][name] = Belief(serial: serial, user: user) }
    }
  }
}
