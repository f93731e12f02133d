// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension MailDispatch {
  func write(to out: inout JSONBuffer) {
    out.field("{\"dispatchId\":", dispatchID)
    out.field(",\"requestId\":", request.id)
    out.append(",\"from\":")
    request.requester.write(to: &out, withCredentials: false)
    out.field(",\"to\":{\"user\":", request.recipient)
    out.field(",\"displayName\":", toDisplayName)
    out.field(",\"mail\":", toMail)
    out.field("},\"subject\":", request.subject)
    out.optional(",\"body\":", request.body)
    if let context = request.context { context.write(",\"context\":", to: &out) }
    out.field(",\"credentials\":", request.requester.mailCredentials.wireName)
    out.field(",\"mailto\":", mailto)
    out.field(",\"reason\":", reason.wireName)
    out.field(",\"createdAt\":", createdAt)
    out.append("}")
  }
}

extension IMDispatch {
  func write(to out: inout JSONBuffer) {
    out.field("{\"dispatchId\":", dispatchID)
    out.field(",\"requestId\":", request.id)
    out.append(",\"from\":")
    request.requester.write(to: &out, withCredentials: false)
    out.field(",\"to\":{\"user\":", request.recipient)
    out.field(",\"displayName\":", toDisplayName)
    out.field(",\"imAddress\":", toAddress)
    out.field("},\"client\":", launch.client)
    out.field(",\"uri\":", launch.uri)
    out.optional(",\"message\":", request.body)
    if let context = request.context { context.write(",\"context\":", to: &out) }
    out.field(",\"createdAt\":", createdAt)
    out.append("}")
  }
}

extension ContactOutcome {
  func write(to out: inout JSONBuffer) {
    out.field("{\"requestId\":", request.id)
    out.optional(",\"groupId\":", request.groupID)
    out.field(",\"requester\":", request.requester.user)
    out.field(",\"recipient\":", request.recipient)
    out.field(",\"outcome\":", outcome.wireName)
    if let channel { out.field(",\"channel\":", channel.wireName) }
    out.optional(",\"dispatchId\":", dispatchID)
    if let reason { out.field(",\"reason\":", reason.wireName) }
    if let presence {
      out.field(",\"presence\":{\"state\":", presence.state.wireName)
      out.field(",\"quality\":", presence.quality.wireName)
      out.field(",\"observedAt\":", presence.observedAt)
      out.append("}")
    }
    out.field(",\"decidedAt\":", decidedAt)
    out.append(",\"trace\":[")
    for index in trace.indices {
      if index > 0 { out.append(",") }
      out.append(escaping: trace[index])
    }
    out.append("]}")
  }
}
