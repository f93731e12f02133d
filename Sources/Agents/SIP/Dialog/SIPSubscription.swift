// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// One subscription: to one person, or to several where the server offers that; and its dialogue, once there is one.
struct SIPSubscription {
  /// Where a subscription stands.
  enum Phase: Hashable {
    /// It waits for its turn to be sent.
    case queued
    /// A SUBSCRIBE is under way.
    case subscribing
    /// The server has agreed.
    case active
    /// It failed and waits for another try.
    case pausing
    /// It is being given back.
    case ending
  }

  /// What is known of one person.
  struct Member {
    let address: IMAddress
    let target: SIPTarget
    /// What the server's categories add up to.
    var categories = MSRTCCategoriesFormat()
    /// The last reading; nil where there is none that still holds.
    var answer: AgentAnswer?
  }

  /// The dialogue that a subscription has on the server (RFC 3261, section 12; RFC 6665).
  struct Dialog {
    let callID: String
    let localTag: String
    var remoteTag: String?
    /// Where requests within the dialogue go; nil before there is an answer.
    var remoteTarget: String?
    var routes: [String] = []
    var localSequence: UInt32 = 0
    var remoteSequence: UInt32?
  }

  /// Why it is: for good, or for one answer.
  enum Purpose: Hashable {
    case standing
    case fetch(id: UInt64)
  }

  let id: UInt64
  let purpose: Purpose
  /// By the keys of their targets.
  var members: [String: Member]
  var dialog: Dialog
  var phase = Phase.queued
  /// When the server forgets the subscription.
  var expiresAt: Duration = .zero
  /// Changes with every timer that is set, so that only the last one counts.
  var timer: UInt64 = 0
  /// How often it failed in a row.
  var failures = 0
  /// Whether its loss has been told.
  var isLost = false
  /// Whether it is to a person and no list, though the server has lists: of somebody who lives on another pool.
  var isAlone = false
  /// The version of the last list of states; older ones are outdated.
  var listVersion: UInt32?
  /// How long the server wants subscriptions to be at least.
  var minimumExpires: Duration?
  /// All addresses that a fetch is for, some of which may be of the same person.
  var spellings: [IMAddress] = []
  /// What a fetch has found so far.
  var found: [IMAddress: AgentAnswer] = [:]

  var isFetch: Bool { purpose != .standing }

  /// Of how many people the server has agreed to tell.
  var activeMembers: Int { isFetch || isLost || expiresAt == .zero ? 0 : members.count }

  /// Whether a SUBSCRIBE would go into a dialogue that the server knows.
  var isEstablished: Bool { dialog.remoteTag != nil }
}
