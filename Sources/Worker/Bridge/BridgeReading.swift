// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Crypto
import PresenceEvents
import PresenceModel

/// What a network says of an address on one device, and what of it has been published.
struct BridgeReading: Sendable, Equatable {
  /// What readers see of a reading.
  struct Said: Sendable, Hashable {
    var state: PresenceState
    var message: String?
  }

  /// The device; nil where the network speaks of the whole identity.
  let device: String?
  /// What the network says.
  private(set) var said: Said
  private(set) var observedAt: Timestamp
  /// The network's own order of what it says.
  private var order: Int64?
  /// Until when the network's word holds (monotonic milliseconds).
  private(set) var heldUntil: Int64
  /// Whether nothing is heard any more: what was said holds until its lease lapses, and is not renewed.
  private(set) var isLost = false
  /// When what it says was taken from the network, while it waits for being published.
  private(set) var waitingSince: Int64?
  /// What was published last; nil where nothing was, or where nobody knows what readers have seen since.
  private(set) var published: Said?
  /// When the lease of that lapses.
  private(set) var publishedUntil = Int64.min
  /// From when on that lease is to be renewed.
  private var renewAt = Int64.max

  /// A lease is renewed when two thirds of it are over. A successor has the last third for taking over.
  private static let renewAfterThirds: Int64 = 2
  /// What a renewal has to gain: leases are whole seconds.
  private static let gain: Int64 = 1_000

  init(_ reading: LiveReading, now: Int64) {
    device = reading.device.map(Self.deviceName)
    said = Said(state: reading.state, message: reading.statusMessage)
    observedAt = reading.observedAt
    order = reading.sequence
    heldUntil = now + Int64(max(0, reading.leaseSeconds)) * 1_000
    waitingSince = now
  }

  /// What became of something that a network says.
  enum Taking: Sendable {
    /// It waits for being published.
    case new
    /// It waits in the place of what came before.
    case replacing
    /// It was published before, and holds for longer now.
    case unchanged
    /// It is older than what is known.
    case older
  }

  /// Takes what the network says now.
  ///
  /// Older is what has a lower place in the network's own order, which may begin anew after a loss.
  mutating func take(_ reading: LiveReading, now: Int64) -> Taking {
    if let order, let new = reading.sequence, new < order, !isLost { return .older }
    let wasWaiting = isWaiting(at: now)
    said = Said(state: reading.state, message: reading.statusMessage)
    observedAt = reading.observedAt
    order = reading.sequence
    heldUntil = now + Int64(max(0, reading.leaseSeconds)) * 1_000
    isLost = false
    if said == published, publishedUntil > now {
      waitingSince = nil
      return wasWaiting ? .replacing : .unchanged
    }
    if !wasWaiting { waitingSince = now }
    return wasWaiting ? .replacing : .new
  }

  /// Notes that nothing is heard any more.
  mutating func lose() { isLost = true }

  /// Nobody knows any more what readers have seen last: what holds is to be published again.
  mutating func forgetPublished(now: Int64) {
    published = nil
    publishedUntil = .min
    renewAt = .max
    waitingSince = heldUntil > now ? waitingSince ?? now : nil
  }

  /// Whether something new waits that still holds.
  func isWaiting(at now: Int64) -> Bool { waitingSince != nil && heldUntil > now }

  /// Whether the lease of what was published is to be renewed now.
  func isToBeRenewed(at now: Int64) -> Bool { now >= renewAt && canBeRenewed }

  /// Whether neither the network's word nor the published lease holds any more.
  func isOver(at now: Int64) -> Bool { heldUntil <= now && publishedUntil <= now }

  /// When to look at it again, besides for publishing what waits.
  func nextLook(at now: Int64, isRenewed: Bool) -> Int64 {
    if isWaiting(at: now) { return heldUntil }
    let end = max(heldUntil, publishedUntil)
    return isRenewed && canBeRenewed ? min(renewAt, end) : end
  }

  private var canBeRenewed: Bool {
    waitingSince == nil && !isLost && published != nil && heldUntil >= publishedUntil + Self.gain
  }

  /// Notes that it is published now, and returns the seconds of its lease.
  ///
  /// - Parameter spread: from 0 up to 1,000, so that the renewals of what was published together are not.
  mutating func publish(longest: Int64, spread: Int64, now: Int64) -> Int32 {
    let seconds = max(1, min(longest, heldUntil - now) / 1_000)
    published = said
    waitingSince = nil
    publishedUntil = now + seconds * 1_000
    let wait = seconds * 1_000 * Self.renewAfterThirds / 3
    renewAt = now + wait - wait / 10 * spread / 1_000
    return Int32(clamping: seconds)
  }

  /// The name of a device as events carry it: what they do not take becomes a short name of its own.
  private static func deviceName(_ device: String) -> String {
    let isTaken = ByteView.withView(of: device) { view in
      (1...Limits.identifierBytes).contains(view.count) && !TextRules.hasControl(view)
        && !TextRules.hasBidirectional(view)
    }
    guard !isTaken else { return device }
    let digest = SHA256.hash(data: Array(device.utf8)).prefix(8)
    return "device-" + digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
