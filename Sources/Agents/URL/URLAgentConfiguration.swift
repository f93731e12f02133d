// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent without code: any service that tells presence by HTTP.
///
/// ```yaml
/// - type: url
///   name: door
///   claims: [{domain: door.example}]
///   url: "https://door.example/api/users/{local}?realm={domain}"   # {address} {body} {local} {domain}
///   method: GET                     # default
///   headers: {Accept: application/json, X-Key: {env: DOOR_KEY}}    # texts, or references to secrets
///   body: '{"id":"{body}"}'         # with bodyFormat: json (default) or form
///   redirects: none                 # or sameHost
///   unknownStatuses: [403, 404]     # default
///   state:
///     json: /presence/show          # or xml: presence/show, regex: "state=(\\w+)", redirect: true,
///                                   # or fingerprint: [{offset: 13, hex: "40", state: online}]
///     values: {available: online, dnd: busy, gone: offline}        # what is not here is unknown
///     absent: online                # what it means when the document has nothing there; default unknown
///   message:
///     json: /presence/status
/// ```
public struct URLAgentConfiguration: Sendable {
  /// What every agent has.
  public var common: CommonAgentConfiguration
  /// Key `url`: the template of the URL.
  var url: URLTemplate?
  /// Key `method`: default GET, or POST where there is a body.
  var method: String
  /// Key `headers`, those without secrets.
  var headers: [AgentHTTPRequest.Header] = []
  /// Key `headers`, those with secrets.
  var secretHeaders: [(name: String, secret: SecretReference)] = []
  /// Keys `body` and `bodyFormat`.
  var body: BodyTemplate?
  /// Key `redirects`.
  var redirects: AgentHTTPRequest.Redirects
  /// Key `unknownStatuses`: the statuses by which the service says nothing of the address.
  var unknownStatuses: Set<Int> = [403, 404]
  /// Key `state`: where the state stands.
  var state: Extraction?
  /// Key `state.values`: what the texts mean.
  var values: [String: PresenceState] = [:]
  /// Key `state.absent`: what it means when there is none.
  var absent: PresenceState?
  /// Key `message`: where the status message stands.
  var message: Extraction?

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: nil, isEnterprise: isEnterprise)
    if reader.requiredText("url", "such as https://host/users/{local}") != nil {
      url = reader.parsed("url") { (text: String) throws(URLTemplate.Problem) in try URLTemplate(text) }
    }
    body = reader.text("body").map { BodyTemplate($0, format: reader.choice("bodyFormat", default: .json)) }
    if body == nil, reader.text("bodyFormat") != nil { reader.report("bodyFormat", nil, "needs a body") }
    method = reader.text("method") ?? (body == nil ? "GET" : "POST")
    if !["GET", "POST", "PUT"].contains(method) { reader.report("method", method, "must be GET, POST or PUT") }
    redirects = reader.choice("redirects", default: .none)
    readHeaders(reader)
    readUnknownStatuses(reader)
    let section = reader.section("state")
    state = section.extraction(isRequired: true)
    for (text, value) in section.entries("values") {
      if let state = section.presenceState("values.\(text)", value) { values[text] = state }
    }
    if let value = section.value("absent") { absent = section.presenceState("absent", value) }
    switch state {
    case .json, .xml, .regex, .redirect:
      if values.isEmpty { section.report("values", nil, "is missing: which text means which state") }
    case .fingerprint:
      if !values.isEmpty { section.report("values", nil, "is not for a fingerprint, whose entries name the states") }
    case nil: break
    }
    if absent != nil {
      switch state {
      case .json, .xml, nil: break
      case .regex, .redirect, .fingerprint: section.report("absent", nil, "is for json and xml alone")
      }
    }
    section.finish()
    let note = reader.section("message")
    message = note.extraction(isRequired: false)
    note.finish()
  }

  private mutating func readHeaders(_ reader: ConfigurationReader) {
    for (name, value) in reader.entries("headers") {
      let isToken = !name.isEmpty && name.utf8.allSatisfy { PercentEncoding.isUnreserved($0) }
      if !isToken { reader.report("headers.\(name)", nil, "must be named by letters, digits and -._~") }
      switch value {
      case .scalar(let text):
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
          reader.report("headers.\(name)", nil, "has a control character")
          continue
        }
        headers.append(AgentHTTPRequest.Header(name, text))
      case .map, .none, .list:
        let section = ConfigurationReader(
          .map([name: value]),
          path: "\(reader.path).headers",
          findings: reader.findings
        )
        if let secret = section.secret(name) { secretHeaders.append((name, secret)) }
      }
    }
  }

  private mutating func readUnknownStatuses(_ reader: ConfigurationReader) {
    guard let value = reader.value("unknownStatuses") else { return }
    guard case .list(let elements) = value else {
      return reader.report("unknownStatuses", nil, "must be a list of HTTP statuses")
    }
    unknownStatuses = []
    for element in elements {
      guard case .scalar(let text) = element, let status = Int(text), (400...599).contains(status) else {
        reader.report("unknownStatuses", nil, "must be a list of HTTP statuses of 400 to 599")
        continue
      }
      unknownStatuses.insert(status)
    }
  }
}

extension ConfigurationReader {
  fileprivate func presenceState(_ key: String, _ value: ConfigurationValue) -> PresenceState? {
    guard case .scalar(let text) = value else {
      report(key, nil, "must be online, busy, away or offline")
      return nil
    }
    if let state = ByteView.withView(of: text, { PresenceState(wireName: $0) }) { return state }
    report(key, text, "must be online, busy, away or offline")
    return nil
  }

  /// The one of `json`, `xml`, `regex`, `fingerprint` and `redirect` that is there.
  fileprivate func extraction(isRequired: Bool) -> Extraction? {
    let keys = ["json", "xml", "regex", "fingerprint", "redirect"]
    let given = keys.filter { value($0) != nil }
    guard given.count == 1 else {
      if isRequired || given.count > 1 {
        report(given.first ?? "json", nil, "must be the only one of \(keys.joined(separator: ", "))")
      }
      return nil
    }
    switch given[0] {
    case "json":
      guard let text = text("json") else { return nil }
      if let pointer = JSONPointer(text) { return .json(pointer) }
      report("json", text, "must be a JSON pointer, such as /presence/show")
    case "xml":
      guard let text = text("xml") else { return nil }
      if let path = XMLPath(text) { return .xml(path) }
      report("xml", text, "must be a path, such as presence/show or presence/@type")
    case "regex":
      return parsed("regex") { (text: String) throws(PatternText.Problem) in try PatternText(text) }.map { .regex($0) }
    case "redirect":
      if text("redirect") == "true" { return .redirect }
      report("redirect", text("redirect"), "must be true")
    default:
      return fingerprint()
    }
    return nil
  }

  private func fingerprint() -> Extraction? {
    let entries = sections("fingerprint").compactMap { entry -> Extraction.Fingerprint? in
      let offset = entry.integer("offset", default: 0, in: 0...65_535)
      let hex = entry.requiredText("hex", "the bytes, such as 40")
      let state = entry.value("state").flatMap { entry.presenceState("state", $0) }
      if entry.value("state") == nil { entry.report("state", nil, "is missing: online, busy, away or offline") }
      entry.finish()
      guard let hex, let state else { return nil }
      guard let bytes = Hexadecimal.decode(hex), !bytes.isEmpty else {
        entry.report("hex", hex, "must be pairs of hexadecimal digits")
        return nil
      }
      return Extraction.Fingerprint(offset: offset, bytes: bytes, state: state)
    }
    return entries.isEmpty ? nil : .fingerprint(entries)
  }
}
