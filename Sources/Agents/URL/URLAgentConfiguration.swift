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
///   method: GET                     # default, or POST where there is a body; HEAD and PUT, too
///   headers: {Accept: application/json, X-Key: {env: DOOR_KEY}}    # texts, or references to secrets
///   body: '{"id":"{body}"}'         # with bodyFormat: json (default), form or xml
///   redirects: none                 # or sameHost
///   unknownStatuses: [403, 404]     # default
///   statuses: {410: offline}        # statuses that mean a state by themselves, whatever the answer has
///   state:
///     json: /presence/show          # or xml: presence/show, regex: "state=(\\w+)", redirect: true, status: true,
///                                   # or fingerprint: [{offset: 13, hex: "40", startsWith: "474946", state: online}]
///     values: {available: online, dnd: busy, gone: offline}        # what is not here is unknown
///     absent: online                # what it means when the document has nothing there; default unknown
///   message:
///     json: /presence/status
/// ```
struct URLAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
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
  /// Key `statuses`: the statuses that mean a state by themselves.
  var statuses: [Int: PresenceState] = [:]
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
    if !["GET", "HEAD", "POST", "PUT"].contains(method) {
      reader.report("method", method, "must be GET, HEAD, POST or PUT")
    }
    redirects = reader.choice("redirects", default: .none)
    readHeaders(reader)
    readUnknownStatuses(reader)
    readStatuses(reader)
    let section = reader.section("state")
    state = section.extraction(isRequired: true)
    values = section.states("values")
    if let value = section.value("absent") { absent = section.presenceState("absent", value) }
    switch state {
    case .json, .xml, .regex, .redirect, .status:
      if values.isEmpty { section.report("values", nil, "is missing: which text means which state") }
    case .fingerprint:
      if !values.isEmpty { section.report("values", nil, "is not for a fingerprint, whose entries name the states") }
    case nil: break
    }
    if absent != nil {
      switch state {
      case .json, .xml, nil: break
      case .regex, .redirect, .status, .fingerprint: section.report("absent", nil, "is for json and xml alone")
      }
    }
    section.finish()
    let note = reader.section("message")
    message = note.extraction(isRequired: false)
    note.finish()
  }

  func makeAgent(_ connection: AgentConnection, path: String) throws(ConfigurationProblem) -> any PresenceAgent {
    try URLAgent(self, connection, path: path)
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

  private mutating func readStatuses(_ reader: ConfigurationReader) {
    for (text, value) in reader.entries("statuses") {
      guard let status = Int(text), (200...599).contains(status) else {
        reader.report("statuses.\(text)", nil, "must be a HTTP status of 200 to 599")
        continue
      }
      if let state = reader.presenceState("statuses.\(text)", value) { statuses[status] = state }
    }
    for status in unknownStatuses.intersection(statuses.keys).sorted() where reader.value("unknownStatuses") != nil {
      reader.report("statuses.\(status)", nil, "is one of unknownStatuses, too")
    }
    unknownStatuses.subtract(statuses.keys)
  }
}

extension ConfigurationReader {
  /// The one of `json`, `xml`, `regex`, `fingerprint`, `redirect` and `status` that is there.
  fileprivate func extraction(isRequired: Bool) -> Extraction? {
    let keys = ["json", "xml", "regex", "fingerprint", "redirect", "status"]
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
      return parsed("regex") { (text: String) throws(RegularExpression.Problem) in try RegularExpression(text) }.map {
        .regex($0)
      }
    case "fingerprint":
      let table = fingerprints("fingerprint")
      return table.isEmpty ? nil : .fingerprint(table)
    default:
      if text(given[0]) == "true" { return given[0] == "redirect" ? .redirect : .status }
      report(given[0], text(given[0]), "must be true")
    }
    return nil
  }
}
