// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A client of an OAuth 2 authorisation server that gets tokens by its own credentials (RFC 6749, 4.4).
public struct OAuthClient: Hashable, Sendable {
  /// The URL of the token endpoint.
  public var tokenURL: String
  /// The client's id.
  public var clientID: String
  /// The client's secret.
  public var clientSecret: Secret
  /// The scope that is asked for; nil for the server's default.
  public var scope: String?
}

/// Access tokens by client credentials: one request for all who wait, renewed before they expire.
struct OAuthTokens: Sendable {
  /// How long the token endpoint may take.
  static let timeout = Duration.seconds(10)
  /// How long before its end a token is renewed, or a quarter of its life where that is less.
  static let renewalMargin = Duration.seconds(300)

  private let tokens: SharedValue<Secret>

  init(
    _ client: OAuthClient,
    over http: any AgentHTTPClient,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    tokens = SharedValue(now: now) { () async throws(AgentError) in try await Self.fetch(client, http) }
  }

  /// A token that holds.
  func token() async throws(AgentError) -> Secret { try await tokens.value() }

  /// Does not use a token any more, as the network refuses it.
  func forget(_ token: Secret) { tokens.forget { $0 == token } }

  private static func fetch(
    _ client: OAuthClient,
    _ http: any AgentHTTPClient
  ) async throws(AgentError) -> SharedValue<Secret>.Fetched {
    var fields = [
      ("grant_type", "client_credentials"), ("client_id", client.clientID),
      ("client_secret", client.clientSecret.reveal()),
    ]
    if let scope = client.scope { fields.append(("scope", scope)) }
    let form = fields.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    var request = AgentHTTPRequest(
      "POST",
      client.tokenURL,
      headers: [
        AgentHTTPRequest.Header("Content-Type", "application/x-www-form-urlencoded"),
        AgentHTTPRequest.Header("Accept", "application/json"),
      ],
      body: Array(form.utf8)
    )
    request.isConfidential = true
    let response = try await http.send(request, timeout: timeout)
    guard response.status == 200 else { throw OAuthFormat.failure(of: response) }
    guard let token = OAuthFormat.parseToken(response.body) else {
      throw AgentError(.unavailable, "The token endpoint's answer has no bearer token.")
    }
    let margin = min(renewalMargin, token.validFor / 4)
    return SharedValue.Fetched(
      value: token.value,
      validFor: token.validFor,
      renewAfter: max(.zero, token.validFor - margin)
    )
  }
}

/// What a token endpoint answers (RFC 6749, 5).
package enum OAuthFormat {
  /// How long a token holds that does not say so.
  static let assumedLifetime = Duration.seconds(300)

  /// A token and how long it holds; nil for whatever is not exactly that.
  package static func parseToken(_ body: [UInt8]) -> (value: Secret, validFor: Duration)? {
    guard let document = JSONValue(body), let token = document["access_token"]?.string, !token.isEmpty,
      document["token_type"]?.string?.lowercased() == "bearer",
      token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    guard let lifetime = document["expires_in"] else { return (Secret(token), assumedLifetime) }
    guard let seconds = lifetime.scalarText.flatMap(Int.init), seconds > 0 else { return nil }
    return (Secret(token), .seconds(min(seconds, 86_400)))
  }

  /// Why there is no token.
  static func failure(of response: AgentHTTPResponse) -> AgentError {
    switch response.status {
    case 400, 401, 403:
      let code = JSONValue(response.body)?["error"]?.string ?? ""
      let isCode = !code.isEmpty && code.utf8.count <= 64 && code.utf8.allSatisfy { PercentEncoding.isUnreserved($0) }
      let reason = isCode ? code : "HTTP \(response.status)"
      return AgentError(.unauthorized, "The token endpoint refuses the client (\(reason)).")
    default:
      return response.failure(unknown: [])
        ?? AgentError(.unavailable, "The token endpoint answers with HTTP \(response.status).")
    }
  }
}
