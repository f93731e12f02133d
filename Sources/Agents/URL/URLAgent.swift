// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// An agent without code: what to ask and how to read the answer stands in its configuration.
///
/// A value that the value map does not know is unknown, and so is an answer in another form than the configured one.
struct URLAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: URLAgentConfiguration
  private let url: URLTemplate
  private let state: Extraction
  private let headers: [AgentHTTPRequest.Header]
  private let acceptedStatuses: Set<Int>

  /// - Throws: where a secret cannot be had.
  init(
    _ configuration: URLAgentConfiguration,
    _ connection: AgentConnection,
    path: String
  ) throws(ConfigurationProblem) {
    guard let url = configuration.url, let state = configuration.state else {
      throw ConfigurationProblem(key: path, value: nil, message: "has no url or no state")
    }
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.connection = connection
    self.configuration = configuration
    self.url = url
    self.state = state
    headers = try Self.headers(configuration, path)
    acceptedStatuses = configuration.unknownStatuses.union(configuration.statuses.keys)
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    let request = AgentHTTPRequest(
      configuration.method,
      try url.url(for: address),
      headers: headers,
      body: configuration.body?.body(for: address),
      redirects: configuration.redirects
    )
    let response = try await connection.send(request, timeout: budget.remaining, accepting: acceptedStatuses)
    if configuration.unknownStatuses.contains(response.status) { return nil }
    return state(in: response).map { AgentAnswer($0, message: message(in: response)) }
  }

  private func state(in response: AgentHTTPResponse) -> PresenceState? {
    if let state = configuration.statuses[response.status] { return state }
    return switch state.value(in: response) {
    case .text(let text): configuration.values[text]
    case .state(let state): state
    case .absent: configuration.absent
    case .mismatch: nil
    }
  }

  private func message(in response: AgentHTTPResponse) -> String? {
    guard case .text(let text) = configuration.message?.value(in: response) else { return nil }
    return text
  }

  /// The header fields of every request, with their secrets.
  private static func headers(
    _ configuration: URLAgentConfiguration,
    _ path: String
  ) throws(ConfigurationProblem) -> [AgentHTTPRequest.Header] {
    var headers = configuration.headers
    if let body = configuration.body, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      headers.append(AgentHTTPRequest.Header("Content-Type", body.format.contentType))
    }
    for (name, reference) in configuration.secretHeaders {
      do throws(SecretReference.Problem) {
        headers.append(AgentHTTPRequest.Header(name, try reference.resolve().reveal()))
      } catch {
        throw ConfigurationProblem(key: "\(path).headers.\(name)", value: nil, message: error.description)
      }
    }
    return headers
  }
}
