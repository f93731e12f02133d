// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// What is told of a user, and when that somebody has gone.
extension XMPPWatchMachine {
  mutating func depart(
    _ name: String,
    _ message: String?,
    _ bare: String,
    _ watch: inout XMPPWatch,
    _ moment: XMPPMoment
  ) {
    guard var resource = watch.resources[name], resource.leavesAt == nil else { return }
    let delayed = moment.time + settings.offlineDelay
    let leavesAt = resource.heardAt < openedAt ? max(delayed, heldUntil) : delayed
    resource.leavesAt = leavesAt
    resource.farewell = message
    watch.resources[name] = resource
    departures.insert(bare, at: leavesAt)
  }

  mutating func leave(_ bare: String, _ moment: XMPPMoment) {
    guard var watch = watches[bare] else { return }
    for (name, resource) in watch.resources {
      guard let leavesAt = resource.leavesAt, leavesAt <= moment.time else { continue }
      watch.resources[name] = nil
      if watch.resources.isEmpty { watch.knownOffline = XMPPWatch.Offline(message: resource.farewell) }
      tell(&watch, resource.device, .offline, resource.farewell, moment)
    }
    watches[bare] = watch
  }

  mutating func tellOffline(_ message: String?, _ watch: inout XMPPWatch, _ moment: XMPPMoment) {
    watch.knownOffline = XMPPWatch.Offline(message: message)
    tell(&watch, nil, .offline, message, moment)
  }

  mutating func tell(
    _ watch: inout XMPPWatch,
    _ device: String?,
    _ state: PresenceState,
    _ message: String?,
    _ moment: XMPPMoment
  ) {
    watch.observedAt = max(watch.observedAt + 1, moment.wall.milliseconds)
    for address in watch.addresses {
      readings += 1
      effects.append(
        .reading(
          LiveReading(
            address: address,
            device: device,
            state: state,
            statusMessage: message,
            observedAt: Timestamp(milliseconds: watch.observedAt),
            leaseSeconds: Int(settings.lease / .seconds(1))
          )
        )
      )
    }
  }

  mutating func lose(_ watch: inout XMPPWatch, _ error: AgentError) {
    watch.isActive = false
    watch.setbacks += 1
    losses += 1
    for address in watch.addresses { effects.append(.lost(address, error)) }
  }

  mutating func refuse(_ watch: inout XMPPWatch, _ error: AgentError) {
    watch.isActive = false
    watch.knownOffline = nil
    watch.resources = [:]
    if watch.isRefused { return }
    watch.isRefused = true
    for address in watch.addresses { effects.append(.refused(address, error)) }
  }
}
