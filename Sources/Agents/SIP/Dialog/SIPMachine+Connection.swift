// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The connection: made while there is anything to ask, given up where it is silent.
extension SIPMachine {
  /// Connects if there is a reason to, and sends what waits while there is room.
  mutating func pump(_ now: Now) {
    guard connection == .up else {
      let hasWork = !subscriptions.isEmpty || !isUnassigned.isEmpty
      if connection == .down, hasWork, reconnectsAt == nil, !isClosing {
        connection = .connecting
        actions.append(.connect)
      }
      return
    }
    while transactions.count < settings.maximumRequests {
      if let id = queue.popFirst() {
        guard let phase = subscriptions[id]?.phase, phase == .queued || phase == .ending else { continue }
        sendSubscribe(id, now)
      } else if let id = nextAssignment() {
        sendSubscribe(id, now)
      } else {
        break
      }
    }
  }

  /// A subscription to the next addresses that are in none.
  private mutating func nextAssignment() -> UInt64? {
    var members: [String: SIPSubscription.Member] = [:]
    var others: [IMAddress] = []
    while members.count < settings.membersPerSubscription, let address = unassigned.popFirst() {
      guard isUnassigned.contains(address), let member = member(of: address) else { continue }
      if members[member.target.key] == nil {
        members[member.target.key] = member
        isUnassigned.remove(address)
      } else {
        others.append(address)  // another spelling of somebody in this list: in the next one
      }
    }
    for address in others { unassigned.append(address) }
    guard !members.isEmpty else { return nil }
    let id = newSubscription(.standing, members)
    for member in members.values { ofAddress[member.address] = id }
    return id
  }

  mutating func loseConnection(_ error: AgentError, _ now: Now) {
    guard connection != .down else { return }
    connection = .down
    connectionFailures += 1
    status.lastFailure = error
    transactions = [:]
    let pause = pause(after: connectionFailures)
    reconnectsAt = now.instant + pause
    timers.insert(.reconnection, at: now.instant + pause)
    for id in subscriptions.ids {
      guard let subscription = subscriptions[id] else { continue }
      if subscription.isFetch {
        finishFetch(id, failing: error)
      } else if subscription.phase == .ending {
        forget(id)
      } else {
        if subscription.phase == .subscribing {
          subscriptions[id]?.phase = .queued
          queue.append(id)
        }
        tellLoss(id, error)
      }
    }
    // Those who were never asked for are told, too, once.
    actions.append(.post(waitingAddresses().map { .lost($0, error) }))
  }

  private func waitingAddresses() -> [IMAddress] {
    connectionFailures == 1 ? Array(isUnassigned) : []
  }

  mutating func keepAlive(_ now: Now) {
    guard connection == .up else { return }
    let silence = now.instant - lastHeard
    if silence >= settings.keepAlive {
      sendOptions(now)
      timers.insert(.keepAlive(connection: connectionNumber), at: now.instant + settings.keepAlive)
    } else {
      timers.insert(.keepAlive(connection: connectionNumber), at: lastHeard + settings.keepAlive)
    }
  }
}
