// SPDX-License-Identifier: Apache-2.0

/// The subscriptions of a client by their ids, and how many people the server tells of, without counting them each time.
struct SIPSubscriptionTable {
  private var byID: [UInt64: SIPSubscription] = [:]
  /// Of how many people the server has agreed to tell.
  private(set) var active = 0

  var count: Int { byID.count }
  var isEmpty: Bool { byID.isEmpty }
  var ids: [UInt64] { Array(byID.keys) }

  subscript(id: UInt64) -> SIPSubscription? {
    get { byID[id] }
    _modify {
      active -= byID[id]?.activeMembers ?? 0
      defer { active += byID[id]?.activeMembers ?? 0 }
      yield &byID[id]
    }
  }

  /// The first subscription with that purpose.
  func first(for purpose: SIPSubscription.Purpose) -> SIPSubscription? {
    byID.values.first { $0.purpose == purpose }
  }
}
