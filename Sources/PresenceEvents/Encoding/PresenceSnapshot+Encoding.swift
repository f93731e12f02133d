// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceSnapshot {
  func write(to out: inout JSONBuffer) {
    out.field("{\"user\":", user)
    out.field(",\"displayName\":", displayName)
    out.optional(",\"imAddress\":", imAddress)
    out.field(",\"state\":", state.wireName)
    if statusMessage.isEmpty {
      out.field(",\"tooltip\":", state.displayName)
    } else {
      out.field(",\"statusMessage\":", statusMessage)
      out.field(",\"tooltip\":", statusMessage)
    }
    out.field(",\"icon\":", state.iconName)
    out.field(",\"source\":", source)
    out.field(",\"observedAt\":", observedAt)
    out.optional(",\"validUntil\":", validUntil)
    out.field(",\"version\":", version)
    out.field(",\"quality\":", quality.wireName)
    out.append(",\"actions\":")
    actions.write(to: &out)
    if !selfActions.isEmpty {
      out.append(",\"selfActions\":")
      selfActions.write(to: &out)
    }
    if let im {
      out.field(",\"im\":{\"client\":", im.client)
      out.field(",\"uri\":", im.uri)
      out.append("}")
    }
    out.append(",\"readings\":[")
    for index in readings.indices {
      if index > 0 { out.append(",") }
      readings[index].write(to: &out)
    }
    out.append("]}")
  }
}

extension PresenceState {
  /// The name of the icon that portals show.
  var iconName: StaticString {
    switch self {
    case .offline: "presence-offline"
    case .away: "presence-away"
    case .online: "presence-online"
    case .busy: "presence-busy"
    }
  }
}

extension ActionSet {
  /// Writes the names in their order; the two sets that nearly every snapshot has cost one copy.
  func write(to out: inout JSONBuffer) {
    switch self {
    case [.viewProfile, .sendMail, .sendInstantMessage]:
      out.append("[\"viewProfile\",\"sendMail\",\"sendInstantMessage\"]")
    case [.viewProfile, .sendMail]:
      out.append("[\"viewProfile\",\"sendMail\"]")
    default:
      writeEach(to: &out)
    }
  }

  private func writeEach(to out: inout JSONBuffer) {
    var isFirst = true
    func name(_ action: ActionSet, _ name: StaticString, _ out: inout JSONBuffer) {
      guard contains(action) else { return }
      out.field(isFirst ? "" : ",", name)
      isFirst = false
    }
    out.append("[")
    name(.viewProfile, "viewProfile", &out)
    name(.sendMail, "sendMail", &out)
    name(.sendInstantMessage, "sendInstantMessage", &out)
    name(.changeCredentials, "changeCredentials", &out)
    out.append("]")
  }
}

extension Reading {
  func write(to out: inout JSONBuffer) {
    if address.isEmpty {
      out.field("{\"source\":", source)
    } else {
      out.field("{\"imAddress\":", address)
      out.field(",\"source\":", source)
    }
    out.optional(",\"device\":", device)
    out.field(",\"state\":", state.wireName)
    out.optional(",\"statusMessage\":", message)
    out.field(",\"observedAt\":", observedAt)
    out.optional(",\"sequence\":", sequence)
    out.optional(",\"leaseSeconds\":", seconds: leaseSeconds)
    out.optional(",\"validUntil\":", validUntil)
    if standing != .live { out.field(",\"standing\":", standing.wireName) }
    out.append("}")
  }
}
