// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Writes the requests and answers of a client.
struct SIPRequests {
  let settings: SIPSettings
  /// The address and port on which the connection ends here, as `Via` and `Contact` have it.
  var local: String

  /// The user of `Contact`: the identity's.
  private var contactUser: Substring { settings.identity.dropFirst("sip:".count).prefix { $0 != "@" } }

  /// Where the server sends notifications.
  private var contact: String { "<sip:\(contactUser)@\(local);transport=\(settings.transport.rawValue)>" }

  /// The user of `From`, with the id of the endpoint that Microsoft's servers want.
  private func from(tag: String) -> String {
    let epid = settings.adapter.isMicrosoft ? ";epid=\(tag.prefix(12))" : ""
    return "<\(settings.identity)>;tag=\(tag)\(epid)"
  }

  /// A SUBSCRIBE; its dialogue's sequence number is already that of the request.
  func subscribe(
    _ subscription: SIPSubscription,
    branch: String,
    expires: Duration,
    authorization: SIPMessage.Field?
  ) -> SIPMessage {
    let dialog = subscription.dialog
    let members = subscription.members.values.sorted { $0.target.key < $1.target.key }
    let isBatch = settings.adapter.isBatching
    let target = isBatch ? settings.identity : members.first?.target.uri ?? settings.identity
    var message = SIPMessage(kind: .request(method: "SUBSCRIBE", uri: dialog.remoteTarget ?? target), fields: [])
    message.add("Via", via(branch))
    message.add("Max-Forwards", "70")
    for route in dialog.routes { message.add("Route", route) }
    message.add("From", from(tag: dialog.localTag))
    message.add("To", "<\(target)>" + (dialog.remoteTag.map { ";tag=\($0)" } ?? ""))
    message.add("Call-ID", dialog.callID)
    message.add("CSeq", "\(dialog.localSequence) SUBSCRIBE")
    message.add("Contact", contact)
    message.add("Event", "presence")
    message.add("Expires", "\(Int(expires / .seconds(1)))")
    message.add("Accept", settings.adapter.accept)
    message.add("User-Agent", "presence-worker")
    if let authorization { message.fields.append(authorization) }
    switch settings.adapter {
    case .simple:
      break
    case .lcs2005:
      message.add("Supported", "com.microsoft.autoextend, ms-benotify, ms-piggyback-first-notify")
      message.add("Proxy-Require", "ms-benotify")
    case .ocs2007, .lync2010:
      message.add("Supported", "com.microsoft.autoextend, ms-benotify, ms-piggyback-first-notify, eventlist")
      message.add("Proxy-Require", "ms-benotify")
      message.add("Require", "adhoclist, categoryList")
      message.add("Content-Type", "application/msrtc-adrl-categorylist+xml")
      message.body = Array(batch(of: members.map(\.target.uri), id: dialog.localSequence).utf8)
    }
    return message
  }

  /// An OPTIONS that asks nothing but whether somebody is there.
  func options(branch: String, tag: String, callID: String) -> SIPMessage {
    var message = SIPMessage(kind: .request(method: "OPTIONS", uri: "sip:\(host)"), fields: [])
    message.add("Via", via(branch))
    message.add("Max-Forwards", "70")
    message.add("From", from(tag: tag))
    message.add("To", "<sip:\(host)>")
    message.add("Call-ID", callID)
    message.add("CSeq", "1 OPTIONS")
    message.add("User-Agent", "presence-worker")
    return message
  }

  /// An answer to a request.
  func answer(_ request: SIPMessage, status: Int, reason: String, tag: String) -> SIPMessage {
    var message = SIPMessage(kind: .response(status: status, reason: reason), fields: [])
    for via in request.all("Via") { message.add("Via", via) }
    message.add("From", request["From"] ?? "")
    let to = request["To"] ?? ""
    message.add("To", SIPNameAddress(to)?.tag == nil ? "\(to);tag=\(tag)" : to)
    message.add("Call-ID", request["Call-ID"] ?? "")
    message.add("CSeq", request["CSeq"] ?? "")
    if status == 200, request.method == "NOTIFY" { message.add("Contact", contact) }
    if status == 405 { message.add("Allow", "NOTIFY, OPTIONS") }
    if status == 489 { message.add("Allow-Events", "presence") }
    return message
  }

  private func via(_ branch: String) -> String {
    "SIP/2.0/\(settings.transport.viaName) \(local);branch=\(branch);rport"
  }

  private var host: String { settings.host.contains(":") ? "[\(settings.host)]" : settings.host }

  /// The people of a subscription, as OCS 2007 and Lync 2010 want them.
  private func batch(of uris: [String], id: UInt32) -> String {
    let identity = Self.escaped(settings.identity)
    let resources = uris.map { "<resource uri=\"\(Self.escaped($0))\"/>" }.joined()
    return """
      <batchSub xmlns="http://schemas.microsoft.com/2006/01/sip/batch-subscribe" uri="\(identity)" name="">\
      <action name="subscribe" id="\(id)"><adhocList>\(resources)</adhocList>\
      <categoryList xmlns="http://schemas.microsoft.com/2006/09/sip/categorylist">\
      <category name="note"/><category name="state"/></categoryList></action></batchSub>
      """
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
  }
}
