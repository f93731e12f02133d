// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel

/// An agent without code: what to ask and how to read the answer stands in its configuration.
///
/// A value that the value map does not know is unknown, and so is an answer in another form than the configured one.
public struct URLAgent: PresenceAgent {
  /// What the agent claims.
  public let descriptor: AgentDescriptor
  /// How hard the chain may press the agent.
  public let limits: AgentLimits
  private let configuration: URLAgentConfiguration
  private let url: URLTemplate
  private let state: Extraction
  private let headers: [AgentHTTPRequest.Header]
  private let client: any AgentHTTPClient

  /// An agent.
  ///
  /// - Throws: where a secret cannot be had.
  static func make(
    _ configuration: URLAgentConfiguration,
    client: any AgentHTTPClient,
    credentials: Credentials,
    path: String
  ) throws(ConfigurationProblem) -> URLAgent {
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
    if let header = credentials.header { headers.append(header) }
    guard let url = configuration.url, let state = configuration.state else {
      throw ConfigurationProblem(key: path, value: nil, message: "has no url or no state")
    }
    return URLAgent(
      descriptor: configuration.common.descriptor(),
      limits: configuration.common.limits,
      configuration: configuration,
      url: url,
      state: state,
      headers: headers,
      client: client
    )
  }

  /// Asks for one address.
  public func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    guard let address = addresses.first else { return [:] }
    let request = AgentHTTPRequest(
      configuration.method,
      try url.url(for: address),
      headers: headers,
      body: configuration.body?.body(for: address),
      redirects: configuration.redirects
    )
    let response = try await client.send(request, timeout: timeout)
    if let failure = response.failure(unknown: configuration.unknownStatuses) { throw failure }
    guard !configuration.unknownStatuses.contains(response.status), let state = state(in: response) else {
      return [:]
    }
    return [address: AgentAnswer(state, message: message(in: response))]
  }

  private func state(in response: AgentHTTPResponse) -> PresenceState? {
    switch state.value(in: response) {
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
}
