// SPDX-License-Identifier: Apache-2.0

import AgentKit

/// Where tokens of OAuth 2 come from.
struct OAuthEndpoint {
  /// The URL of the token endpoint; nil where the configuration must say it.
  var tokenURL: String?
  /// The scope that is asked for.
  var scope: String?
}

extension ConfigurationReader {
  /// A reference to a secret: `{env: NAME}` or `{file: PATH}`.
  func secret(_ key: String) -> SecretReference? {
    let section = section(key)
    defer { section.finish() }
    switch (section.text("env"), section.text("file")) {
    case (let name?, nil): return .environment(name)
    case (nil, let path?): return .file(path)
    default:
      report(key, nil, "must be {env: NAME} or {file: PATH}; secrets themselves do not belong here")
      return nil
    }
  }

  /// How the agent shows who it is.
  func credentials(oauth: OAuthEndpoint?) -> CredentialsReference {
    let section = section("credentials")
    defer { section.finish() }
    guard !section.isEmpty else { return .none }
    let user = section.text("user")
    let clientID = section.text("clientID")
    let secrets = ["password", "token", "clientSecret"].filter { section.value($0) != nil }
    let endpoint = ["tokenURL", "scope"].filter { section.value($0) != nil }
    switch (user, clientID, secrets) {
    case (let user?, nil, ["password"]) where endpoint.isEmpty:
      guard !user.contains(":") else {
        section.report("user", user, "must have no colon")
        return .none
      }
      guard let password = section.secret("password") else { return .none }
      return .basic(user: user, password: password)
    case (nil, nil, ["token"]) where endpoint.isEmpty:
      guard let token = section.secret("token") else { return .none }
      return .bearer(token)
    case (nil, let clientID?, ["clientSecret"]):
      let tokenURL = section.baseURL("tokenURL", default: oauth?.tokenURL)
      guard let secret = section.secret("clientSecret"), !tokenURL.isEmpty else { return .none }
      let scope = section.text("scope") ?? oauth?.scope
      return .oauth(tokenURL: tokenURL, clientID: clientID, clientSecret: secret, scope: scope)
    default:
      for secret in secrets { _ = section.secret(secret) }
      report("credentials", nil, "must have user and password, or token, or clientID and clientSecret")
      return .none
    }
  }

  /// Reports where there are no credentials, for networks that tell nobody anything.
  func requireCredentials(_ credentials: CredentialsReference, _ what: String) {
    if credentials == .none, value("credentials") == nil { report("credentials", nil, "is missing: \(what)") }
  }
}

/// Credentials whose secrets are yet to be fetched.
public enum CredentialsReference: Hashable, Sendable {
  /// None.
  case none
  /// HTTP basic authentication.
  case basic(user: String, password: SecretReference)
  /// A bearer token.
  case bearer(SecretReference)
  /// Access tokens of an OAuth 2 authorisation server, by client credentials.
  case oauth(tokenURL: String, clientID: String, clientSecret: SecretReference, scope: String?)

  /// Fetches the secrets.
  public func resolve() throws(SecretReference.Problem) -> Credentials {
    switch self {
    case .none: .none
    case .basic(let user, let password): .basic(user: user, password: try password.resolve())
    case .bearer(let token): .bearer(try token.resolve())
    case .oauth(let tokenURL, let clientID, let clientSecret, let scope):
      .oauth(
        OAuthClient(tokenURL: tokenURL, clientID: clientID, clientSecret: try clientSecret.resolve(), scope: scope)
      )
    }
  }
}
