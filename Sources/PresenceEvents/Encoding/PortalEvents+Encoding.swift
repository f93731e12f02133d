// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension UserProfile {
  func write(to out: inout JSONBuffer) {
    out.field("{\"user\":", user)
    out.optional(",\"displayName\":", displayName)
    out.optional(",\"mail\":", mail)
    out.optional(",\"enterpriseAddress\":", enterpriseAddress)
    if !networkAddress.isEmpty {
      out.field(",\"networkPresence\":{\"imAddress\":", networkAddress)
      out.field(",\"displayName\":", networkDisplayName)
      out.append("}")
    }
    if !presenceEnabled { out.append(",\"presenceEnabled\":false") }
    out.optional(",\"updatedAt\":", updatedAt)
    out.append("}")
  }
}

extension PortalSpace {
  func write(to out: inout JSONBuffer) {
    out.field("{\"space\":", space)
    out.append(",\"impEnabled\":")
    out.append(impEnabled)
    out.append(",\"services\":[")
    var isFirst = true
    func name(_ service: Services, _ name: StaticString, _ out: inout JSONBuffer) {
      guard services.contains(service) else { return }
      out.field(isFirst ? "" : ",", name)
      isFirst = false
    }
    name(.profile, "profile", &out)
    name(.mail, "mail", &out)
    name(.im, "im", &out)
    out.append("]}")
  }
}
