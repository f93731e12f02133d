// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent for UCWA (Lync Server 2013 and later).
struct UCWAAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: where applications are created, such as `https://pool.corp.example/ucwa/oauth/v1/applications`.
  let url: String
  /// Key `userDomain`: the domain of addresses without one; without it they are unknown.
  let userDomain: String?
  /// Key `note`: whether the note is asked for, too, as the status message; default true.
  let note: Bool

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: .communicator, isEnterprise: isEnterprise)
    reader.requireCredentials(common.credentials, "UCWA wants a token, or clientID and clientSecret")
    url = reader.baseURL("url")
    userDomain = reader.domain("userDomain")
    note = reader.boolean("note", default: true)
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    UCWAAgent(self, connection)
  }
}

/// Asks a pool's UCWA for a person's presence and note.
///
/// UCWA answers within an application, which the agent creates when it first needs one, and anew when the server has
/// ended it.
struct UCWAAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: UCWAAgentConfiguration
  private let application: SharedValue<String>

  init(_ configuration: UCWAAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
    let url = configuration.url
    let timeout = configuration.common.limits.timeout
    application = SharedValue { () async throws(AgentError) in
      try await Self.createApplication(url, connection, timeout)
    }
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let domain = address.domain ?? configuration.userDomain else { return nil }
    let person = "\(address.local)@\(domain)"
    do throws(AgentError) {
      return try await ask(person, budget)
    } catch  where error.code == .applicationGone {
      return try await ask(person, budget)
    }
  }

  private func ask(_ person: String, _ budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    let application = try await application.value()
    var url = RequestURL(application + "/people")
    try url.append(segment: person)
    let resource = url.text
    async let note = note(resource, budget)
    let response = try await get(resource + "/presence", timeout: budget.remaining)
    switch response.status {
    case 200:
      guard let answer = try UCWAFormat.parsePresence(response.body) else { return nil }
      return AgentAnswer(answer.state, message: await note, isInactive: answer.isInactive)
    case 404 where UCWAFormat.isApplicationGone(response.body):
      self.application.forget { $0 == application }
      throw AgentError(.applicationGone, "The server has ended the agent's application.")
    case 403, 404: return nil
    default: throw .unexpected(response.status)
    }
  }

  /// The note, which only adds to the answer: without it there is no status message.
  private func note(_ person: String, _ budget: CallBudget) async -> String? {
    guard configuration.note else { return nil }
    do throws(AgentError) {
      let response = try await get(person + "/note", timeout: budget.share)
      return response.status == 200 ? UCWAFormat.parseNote(response.body) : nil
    } catch {
      AgentTrace.note("The note could not be had: \(error)")
      return nil
    }
  }

  private func get(_ url: String, timeout: Duration) async throws(AgentError) -> AgentHTTPResponse {
    let request = AgentHTTPRequest("GET", url, headers: [AgentHTTPRequest.Header("Accept", "application/json")])
    return try await connection.send(request, timeout: timeout)
  }

  /// The URL of a new application.
  private static func createApplication(
    _ url: String,
    _ connection: AgentConnection,
    _ timeout: Duration
  ) async throws(AgentError) -> SharedValue<String>.Fetched {
    let body = #"{"UserAgent":"presence-worker","EndpointId":"\#(UniqueID.random())","Culture":"en-US"}"#
    let request = AgentHTTPRequest(
      "POST",
      url,
      headers: [
        AgentHTTPRequest.Header("Content-Type", "application/json"),
        AgentHTTPRequest.Header("Accept", "application/json"),
      ],
      body: Array(body.utf8)
    )
    let response = try await connection.send(request, timeout: timeout, accepting: [])
    guard response.status == 200 || response.status == 201,
      let link = UCWAFormat.parseApplication(response.body), let application = URLOrigin(of: url)?.resolve(link)
    else { throw AgentError(.unavailable, "The server makes no application for the agent.") }
    return SharedValue.Fetched(value: application)
  }
}

extension AgentError.Code {
  /// The network has ended the application within which the agent asks.
  static let applicationGone = AgentError.Code(rawValue: "applicationGone")
}

/// Identifiers that nobody else has.
enum UniqueID {
  /// A random UUID (RFC 9562, version 4).
  static func random() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
    return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
  }
}
