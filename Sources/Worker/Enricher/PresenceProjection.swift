// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// What a reader sees of a user: the part of a snapshot that decides whether it is published (presence rule 8).
struct PresenceProjection {
  var displayName: ByteView
  var imAddress: ByteView
  var state: PresenceState
  var message: ByteView
  var quality: PresenceQuality
  var actions: ActionSet
  var selfActions: ActionSet
  /// The agent whose client is launched, or `UserState.noClaim`.
  var launch: Int16
  var validUntil: Timestamp?
  /// Where the state comes from and when it was observed; neither is a reason to publish.
  var source: ByteView
  var observedAt: Timestamp

  /// Whether a reader sees a difference.
  func differs(from other: PresenceProjection) -> Bool {
    state != other.state || quality != other.quality || validUntil != other.validUntil || message != other.message
      || imAddress != other.imAddress || displayName != other.displayName || actions != other.actions
      || selfActions != other.selfActions || launch != other.launch
  }
}

/// What the configuration decides of what readers see, for all users alike.
///
/// Plain values: to hand over the settings would be to count the references in them, which is atomic, for each event.
struct ProjectionRules {
  /// Whether presence is switched on at all.
  let presenceEnabled: Bool
  /// The services that the portal has.
  let services: PortalSpace.Services
  /// How several devices become one state.
  let policy: ReadingPolicy
  /// What users may do about themselves.
  let selfActions: ActionSet

  init(_ settings: EnricherSettings) {
    presenceEnabled = settings.presenceEnabled
    services = settings.services
    policy = settings.policy
    selfActions = settings.changeCredentials ? .changeCredentials : []
  }
}

extension UserState {
  /// The source that is named where no reading counts.
  static var noSource: ByteView { ByteView("profile") }

  /// Projects a state onto what a reader sees of it.
  ///
  /// - Parameter canLaunch: whether there is a client to be launched for the address that counts.
  func projection(_ rules: ProjectionRules, canLaunch: Bool) -> PresenceProjection {
    let disabled = flags.contains(.presenceDisabled) || !rules.presenceEnabled
    var projection = PresenceProjection(
      displayName: networkAddress.isEmpty || networkDisplayName.isEmpty ? displayName : networkDisplayName,
      imAddress: identity,
      state: .offline,
      message: .empty,
      quality: disabled ? .disabled : .unknown,
      actions: [],
      selfActions: rules.selfActions,
      launch: disabled || !rules.services.contains(.im) || !canLaunch ? UserState.noClaim : claim,
      validUntil: nil,
      source: UserState.noSource,
      observedAt: Timestamp(milliseconds: creation)
    )
    if projection.displayName.isEmpty { projection.displayName = user }
    if rules.services.contains(.profile) { projection.actions.insert(.viewProfile) }
    if rules.services.contains(.mail), flags.contains(.hasMail) { projection.actions.insert(.sendMail) }
    if projection.launch != UserState.noClaim { projection.actions.insert(.sendInstantMessage) }
    if !disabled, let winner = winningIndex(rules.policy) {
      // Field by field: a reading is large, and two projections are made of every change.
      let reading = readings.base + winner
      projection.state = reading.pointee.state
      projection.message = reading.pointee.message
      projection.source = reading.pointee.source
      projection.observedAt = reading.pointee.observedAt
      projection.validUntil = reading.pointee.validUntil
      projection.quality = flags.contains(.lookupFailed) ? .stale : .fresh
    }
    return projection
  }

  /// The live reading that speaks for the identity that counts: the winner of the pushed ones, else the looked-up one.
  func winningReading(_ policy: ReadingPolicy) -> Reading? { winningIndex(policy).map { readings[$0] } }

  private func winningIndex(_ policy: ReadingPolicy) -> Int? {
    var winner: Int?
    for index in 0..<readings.count {
      let reading = readings.base + index
      guard reading.pointee.standing == .live, counts(reading.pointee.address) else { continue }
      guard let known = winner else {
        winner = index
        continue
      }
      let holder = readings.base + known
      if holder.pointee.isLookedUp != reading.pointee.isLookedUp {
        if holder.pointee.isLookedUp { winner = index }
      } else if policy.prefers(reading.pointee, over: holder.pointee) {
        winner = index
      }
    }
    return winner
  }
}
