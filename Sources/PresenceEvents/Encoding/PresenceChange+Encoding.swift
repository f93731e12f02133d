// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceChange {
  func write(to out: inout JSONBuffer) {
    out.field("{\"user\":", user)
    out.optional(",\"imAddress\":", imAddress)
    out.field(",\"source\":", source)
    out.optional(",\"device\":", device)
    if let state { out.field(",\"state\":", state.wireName) }
    out.optional(",\"statusMessage\":", statusMessage)
    out.field(",\"observedAt\":", observedAt)
    out.optional(",\"sequence\":", sequence)
    out.optional(",\"leaseSeconds\":", seconds: leaseSeconds)
    out.optional(",\"lookupId\":", lookupID)
    out.optional(",\"validForSeconds\":", seconds: validForSeconds)
    if let failure { failure.write(",\"failure\":", to: &out) }
    out.append("}")
  }
}

extension LookupFailure {
  func write(_ key: StaticString, to out: inout JSONBuffer) {
    out.append(key)
    out.field("{\"code\":", code)
    out.field(",\"message\":", message)
    out.append("}")
  }
}

extension PresenceLookup {
  func write(to out: inout JSONBuffer) {
    out.field("{\"lookupId\":", lookupID)
    out.field(",\"user\":", user)
    out.field(",\"imAddress\":", imAddress)
    out.field(",\"reason\":", reason.wireName)
    out.field(",\"notOlderThan\":", notOlderThan)
    out.field(",\"deadline\":", deadline)
    if let contact {
      out.append(",\"contact\":")
      contact.write(to: &out)
    }
    out.field(",\"agents\":", agents)
    out.append("}")
  }
}
