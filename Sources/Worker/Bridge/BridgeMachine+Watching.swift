// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

extension BridgeMachine {
  /// What a subscriber is to be told.
  struct WatchChange: Equatable {
    var watch: [IMAddress] = []
    var unwatch: [IMAddress] = []
  }

  /// What the subscribers are to be told since the last call, by their names.
  func takeWatchChanges() -> [String: WatchChange] {
    guard !changedAddresses.isEmpty else { return [:] }
    var changes: [String: WatchChange] = [:]
    for address in changedAddresses {
      guard let watch = watches[address] else { continue }
      let isWanted = watch.users.contains { users[$0].map { partitions[$0.partition]?.isRead ?? false } ?? false }
      let wanted = isWanted ? watch.source : nil
      if wanted != watch.watchedBy {
        if let before = watch.watchedBy { changes[before, default: WatchChange()].unwatch.append(address) }
        if let wanted { changes[wanted, default: WatchChange()].watch.append(address) }
      }
      if watch.users.isEmpty {
        watches[address] = nil
      } else {
        watches[address]?.watchedBy = wanted
      }
    }
    changedAddresses.removeAll(keepingCapacity: true)
    return changes
  }

  /// Takes what a subscriber tells.
  func take(_ event: LiveEvent, from source: String, now: Int64) {
    guard let watch = watches[event.address], watch.watchedBy == source else { return counters.didIgnore(source) }
    for id in watch.users {
      switch event {
      case .reading(let reading): take(reading, of: id, from: source, now: now)
      case .lost, .refused:
        change(id) { user in
          for index in user.readings.indices { user.readings[index].lose() }
        }
      }
    }
  }

  private func take(_ reading: LiveReading, of id: Int, from source: String, now: Int64) {
    var taking = BridgeReading.Taking.older
    change(id) { taking = $0.take(reading, now: now) }
    switch taking {
    case .new: break
    case .replacing: counters.didReplace(source)
    case .unchanged: counters.didNotChange(source)
    case .older: return counters.didIgnore(source)
    }
    ready.append(id)
  }
}
