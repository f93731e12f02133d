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
  private var contact: String {
    let uri = "<sip:\(contactUser)@\(local);transport=\(settings.transport.rawValue)>"
    return settings.adapter.isMicrosoft ? "\(uri);proxy=replace" : uri
  }

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
    let target = target(of: subscription)
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
    if settings.adapter.isMicrosoft { addExtensions(to: &message, subscription, isEnd: expires == .zero) }
    return message
  }

  /// Whom a subscription is addressed to: the only person, or, for a list, oneself.
  func target(of subscription: SIPSubscription) -> String {
    guard !settings.isBatching || subscription.isAlone else { return settings.identity }
    return subscription.members.values.first?.target.uri ?? settings.identity
  }

  /// What Microsoft's servers want beside ([MS-SIP] 3.3 to 3.5, [MS-PRES] 2.2.2.4).
  private func addExtensions(to message: inout SIPMessage, _ subscription: SIPSubscription, isEnd: Bool) {
    let isOld = settings.adapter == .lcs2005
    let isList = settings.isBatching && !subscription.isAlone
    message.add("Supported", (isOld ? "com.microsoft.autoextend, " : "") + "ms-benotify, ms-piggyback-first-notify")
    message.add("Proxy-Require", "ms-benotify")
    if isEnd, subscription.isEstablished { return }  // names nobody any more
    if isList {
      message.add("Supported", "eventlist")
      message.add("Require", isOld ? "adhoclist" : "adhoclist, categoryList")
    }
    let uris = subscription.members.values.map(\.target).sorted { $0.key < $1.key }.map(\.uri)
    if !isOld {
      message.add("Content-Type", "application/msrtc-adrl-categorylist+xml")
      message.body = Array(categoryList(of: uris, id: subscription.dialog.localSequence).utf8)
    } else if isList {
      message.add("Content-Type", "application/adrl+xml")
      message.body = Array(list(of: uris).utf8)
    }
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

  /// The people of a subscription, as LCS 2005 wants them.
  private func list(of uris: [String]) -> String {
    let identity = Self.escaped(settings.identity)
    return """
      <adhoclist xmlns="urn:ietf:params:xml:ns:adrl" uri="\(identity)" name="\(identity)">\
      <create xmlns="">\(Self.resources(uris))</create></adhoclist>
      """
  }

  private static func resources(_ uris: [String]) -> String {
    uris.map { "<resource uri=\"\(escaped($0))\"/>" }.joined()
  }

  /// The people of a subscription, as OCS 2007 and Lync 2010 want them.
  private func categoryList(of uris: [String], id: UInt32) -> String {
    let identity = Self.escaped(settings.identity)
    return """
      <batchSub xmlns="http://schemas.microsoft.com/2006/01/sip/batch-subscribe" uri="\(identity)" name="">\
      <action name="subscribe" id="\(id)"><adhocList>\(Self.resources(uris))</adhocList>\
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
