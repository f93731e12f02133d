// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension ContactRequest {
  func write(to out: inout JSONBuffer) {
    out.field("{\"id\":", id)
    out.append(",\"requester\":")
    requester.write(to: &out, withCredentials: true)
    out.field(",\"recipient\":", recipient)
    out.field(",\"channel\":", channel.wireName)
    if !fallback { out.append(",\"fallback\":false") }
    out.optional(",\"subject\":", subject)
    out.optional(",\"body\":", body)
    if let context { context.write(",\"context\":", to: &out) }
    out.optional(",\"space\":", space)
    out.optional(",\"groupId\":", groupID)
    out.field(",\"requestedAt\":", requestedAt)
    if let expiresInSeconds { out.field(",\"expiresInSeconds\":", Int64(expiresInSeconds)) }
    if let resolution { resolution.write(",\"resolution\":", to: &out) }
    out.append("}")
  }
}

extension ContactRequest.Requester {
  /// Writes the requester; a dispatch has the credentials beside its `from` and not in it.
  func write(to out: inout JSONBuffer, withCredentials: Bool) {
    out.field("{\"user\":", user)
    out.optional(",\"displayName\":", displayName)
    out.optional(",\"mail\":", mail)
    if withCredentials, mailCredentials != .stored {
      out.field(",\"mailCredentials\":", mailCredentials.wireName)
    }
    if mailClient != .portal { out.field(",\"mailClient\":", mailClient.wireName) }
    out.append("}")
  }
}

extension ContactRequest.Context {
  func write(_ key: StaticString, to out: inout JSONBuffer) {
    out.append(key)
    out.field("{\"service\":", service)
    out.field(",\"title\":", title)
    out.optional(",\"url\":", url)
    out.append("}")
  }
}

extension ContactRequest.Resolution {
  func write(_ key: StaticString, to out: inout JSONBuffer) {
    out.append(key)
    out.field("{\"imAddress\":", imAddress)
    out.optional(",\"source\":", source)
    if let state { out.field(",\"state\":", state.wireName) }
    out.optional(",\"statusMessage\":", statusMessage)
    out.field(",\"observedAt\":", observedAt)
    out.optional(",\"validForSeconds\":", seconds: validForSeconds)
    if let failure { failure.write(",\"failure\":", to: &out) }
    out.append("}")
  }
}
