// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A user of whose profile a bridge knows, with what networks say of the address that counts.
struct BridgeUser: Sendable {
  /// What was published of an address by a source that does not speak for the user any more.
  struct Formerly: Sendable {
    var source: String
    var address: String
    var readings: [BridgeReading]
  }

  let name: String
  let partition: Int32
  /// The address that counts; nil where none does, or presence is switched off.
  var address: IMAddress?
  /// When the portal changed the profile; older ones are dropped.
  var updatedAt: Timestamp?
  /// What is known, by device.
  var readings: [BridgeReading] = []
  var formerly: [Formerly] = []
  /// When the user's allowance will be whole again (monotonic milliseconds).
  private var wholeAt = Int64.min / 2

  init(name: String, partition: Int32) {
    self.name = name
    self.partition = partition
  }

  /// How many readings wait for being published.
  var waiting: Int { readings.reduce(0) { $0 + ($1.waitingSince == nil ? 0 : 1) } }

  /// When the next change may go out: a burst at once, then one an interval.
  func mayPublish(at now: Int64, _ rules: BridgeRules) -> Int64 {
    max(now, wholeAt - (rules.burst - 1) * rules.interval)
  }

  /// Notes that a change goes out.
  mutating func didPublish(at now: Int64, _ rules: BridgeRules) { wholeAt = max(wholeAt, now) + rules.interval }

  /// Takes what a network says; of more devices than a snapshot can hold the oldest goes.
  mutating func take(_ reading: LiveReading, now: Int64) -> BridgeReading.Taking {
    let new = BridgeReading(reading, now: now)
    if let index = readings.firstIndex(where: { $0.device == new.device }) {
      return readings[index].take(reading, now: now)
    }
    if readings.count >= Reading.maximumPerUser, let oldest = readings.indices.min(by: { isOlder($0, than: $1) }) {
      readings.remove(at: oldest)
    }
    readings.append(new)
    return .new
  }

  private func isOlder(_ left: Int, than right: Int) -> Bool { readings[left].observedAt < readings[right].observedAt }

  /// The reading that waits longest.
  func firstWaiting(at now: Int64) -> Int? {
    readings.indices.filter { readings[$0].isWaiting(at: now) }
      .min { readings[$0].waitingSince ?? .max < readings[$1].waitingSince ?? .max }
  }

  /// Whether a reading's lease is worth renewing: that a device is offline need not be said again and again while the
  /// user is there on another one, and of several that are offline one says it all.
  func deservesRenewal(_ index: Int) -> Bool {
    guard readings[index].said.state == .offline else { return true }
    if readings.contains(where: { $0.said.state != .offline && !$0.isLost }) { return false }
    return !readings.indices.contains { $0 != index && isOlder(index, than: $0) }
  }
}
