// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

extension BridgeMachine {
  /// Publishes what is due.
  ///
  /// - Parameters:
  ///   - limit: how many publications there is room for; what finds none stays as it is, and what comes later takes its
  ///     place.
  ///   - isLast: whether the partitions are about to be given up: then nothing waits for its turn.
  ///   - publish: takes a publication.
  func publishDue(
    now: Int64,
    wall: Timestamp,
    limit: Int = .max,
    isLast: Bool = false,
    _ publish: (BridgePublication) -> Void
  ) {
    timers.advance(to: now) { ready.append($0) }
    if isLast { ready = Array(users.indices) }
    var room = limit
    var looked = 0
    while looked < ready.count, room > 0 {
      let id = ready[looked]
      looked += 1
      change(id) { user in
        guard let partition = partitions[user.partition], partition.isHeld, partition.isRead else { return }
        publishDue(of: &user, now: now, wall: wall, isLast: isLast) { publication in
          room -= 1
          counters.didPublish(publication)
          publish(publication)
        }
        arm(user, id, now: now)
      }
    }
    ready.removeFirst(looked)
  }

  private func publishDue(
    of user: inout BridgeUser,
    now: Int64,
    wall: Timestamp,
    isLast: Bool,
    _ publish: (BridgePublication) -> Void
  ) {
    user.readings.removeAll { $0.isOver(at: now) }
    guard let address = user.address, let source = watches[address]?.source else { return }

    func publication(_ kind: BridgePublication.Kind, _ index: Int) -> BridgePublication {
      let since = user.readings[index].waitingSince ?? now
      let lease = user.readings[index].publish(longest: rules.lease, spread: spread(of: user.name), now: now)
      let reading = user.readings[index]
      return BridgePublication(
        kind: kind,
        user: user.name,
        partition: user.partition,
        source: source,
        address: address.text,
        device: reading.device,
        said: reading.said,
        observedAt: reading.observedAt,
        sequence: nextSequence(of: user.partition, wall: wall),
        leaseSeconds: lease,
        since: since
      )
    }

    while let index = user.firstWaiting(at: now), isLast || user.mayPublish(at: now, rules) <= now {
      publish(publication(.change, index))
      user.didPublish(at: now, rules)
    }
    for index in user.readings.indices where user.readings[index].isToBeRenewed(at: now) {
      if user.deservesRenewal(index) { publish(publication(.renewal, index)) }
    }
    withdraw(from: &user, for: source, now: now, wall: wall, publish)
  }

  /// Once the source that speaks for a user now has said something, what the one before said is given a short lease: it
  /// lapses without anybody being offline in between.
  private func withdraw(
    from user: inout BridgeUser,
    for source: String,
    now: Int64,
    wall: Timestamp,
    _ publish: (BridgePublication) -> Void
  ) {
    guard !user.formerly.isEmpty, user.readings.contains(where: { $0.published != nil }) else { return }
    for formerly in user.formerly where formerly.source != source {
      for reading in formerly.readings where reading.publishedUntil > now {
        guard let said = reading.published else { continue }
        publish(
          BridgePublication(
            kind: .withdrawal,
            user: user.name,
            partition: user.partition,
            source: formerly.source,
            address: formerly.address,
            device: reading.device,
            said: said,
            observedAt: reading.observedAt,
            sequence: nextSequence(of: user.partition, wall: wall),
            leaseSeconds: 1,
            since: now
          )
        )
      }
    }
    user.formerly.removeAll()
  }

  /// Looks at the user again when something will be due.
  private func arm(_ user: BridgeUser, _ id: Int, now: Int64) {
    var next = Int64.max
    for index in user.readings.indices {
      next = min(next, user.readings[index].nextLook(at: now, isRenewed: user.deservesRenewal(index)))
    }
    if user.firstWaiting(at: now) != nil { next = min(next, user.mayPublish(at: now, rules)) }
    if next != .max { timers.arm(id, at: max(next, now)) }
  }

  private func nextSequence(of partition: Int32, wall: Timestamp) -> Int64 {
    let next = max((partitions[partition]?.sequence ?? 0) + 1, wall.milliseconds)
    partitions[partition]?.sequence = next
    return next
  }

  /// A number from 0 up to 1,000 that is the same for the same user.
  private func spread(of name: String) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int64((hash ^ hash >> 32) % 1_000)
  }
}
