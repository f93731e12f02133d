// SPDX-License-Identifier: Apache-2.0

public import AgentKit

/// One agent as it stands in a configuration file.
///
/// ```yaml
/// - type: ejabberd            # which network; every type has keys of its own beside these
///   name: corp-xmpp           # unique; the source of the agent's answers
///   claims:                   # one of them must hold, each with all of its conditions
///     - scheme: xmpp?         # a scheme, "none", or a scheme with ? for "this one or none"
///       domain: corp.example  # a glob, as is pattern (over the address without its scheme)
///       shape: withDomain     # or withoutDomain, digits, matrixID
///   freshness: 60s            # how long an answer is fresh, where the network does not say
///   launch: {client: Gajim, prefix: "xmpp:", part: body, suffix: "?message"}
///   limits: {timeout: 10s, maximumCalls: 64, callsPerSecond: 100, attempts: 2, …}
///   http: {caFile: /etc/ssl/corp.pem, maximumResponseBytes: 65536, connectTimeout: 5s, maximumConnections: 64}
///   credentials: {user: admin@corp.example, password: {env: EJABBERD_PASSWORD}}
///                             # or {token: {file: …}}, or {clientID, clientSecret: {env: …}, tokenURL, scope}
/// ```
///
/// docs/AGENTS.md has all keys of all types.
///
/// Decoding takes everything; what is wrong is found by `AgentFactory`, all of it at once. Secrets are referenced only,
/// so that enrichers, which need the descriptors alone, can share the file.
public struct AgentConfiguration: Decodable, Hashable, Sendable {
  /// The agent as it was written.
  public let value: ConfigurationValue

  /// An agent from a tree.
  public init(_ value: ConfigurationValue) { self.value = value }

  /// Takes any node.
  public init(from decoder: any Decoder) throws { value = try ConfigurationValue(from: decoder) }
}

/// What every agent's configuration has.
public struct CommonAgentConfiguration: Hashable, Sendable {
  /// Key `name`: unique; the source of the agent's answers.
  public var name: String
  /// Key `claims`: what the agent claims; the type's default where there is one.
  public var claims: [ClaimRule]
  /// Key `launch`: how the network's client is launched; the type's default where there is one.
  public var launch: IMLaunch?
  /// Key `freshness`: how long an answer is fresh; 1 s to 1 h, default 60 s.
  public var freshness: Duration
  /// Key `limits`: how hard the chain may press the agent.
  public var limits: AgentLimits
  /// Key `http`: how the network is connected to.
  public var http: AsyncAgentHTTPClient.Configuration
  /// Key `credentials`: how the agent shows who it is.
  public var credentials: CredentialsReference

  /// The agent's descriptor.
  func descriptor(maximumBatch: Int) -> AgentDescriptor {
    AgentDescriptor(name: name, claims: claims, launch: launch, freshness: freshness, maximumBatch: maximumBatch)
  }

  /// Reads what all agents have in common.
  ///
  /// - Parameters:
  ///   - claims: the type's own claims; nil where the configuration must say them.
  ///   - isEnterprise: whether the agent is the enterprise connection, which needs no claims.
  ///   - limits: the type's own limits.
  ///   - http: the type's own settings of HTTP.
  ///   - oauth: where the type's tokens come from, unless the configuration says so.
  init(
    _ reader: ConfigurationReader,
    claims ownClaims: [ClaimRule]?,
    launch ownLaunch: IMLaunch?,
    isEnterprise: Bool,
    limits ownLimits: AgentLimits = AgentLimits(),
    http ownHTTP: AsyncAgentHTTPClient.Configuration = AsyncAgentHTTPClient.Configuration(),
    oauth: OAuthEndpoint? = nil
  ) {
    let name = reader.requiredText("name", "1 to 64 ASCII letters, digits, -, _ and .") ?? ""
    if !name.isEmpty, !AgentDescriptor.isName(name) {
      reader.report("name", name, "must be 1 to 64 ASCII letters, digits, -, _ and .")
    }
    self.name = name
    let given = reader.claims()
    claims = given.isEmpty ? ownClaims ?? [] : given
    if claims.isEmpty, !isEnterprise { reader.report("claims", nil, "is missing: what the agent claims") }
    launch = reader.launch(default: ownLaunch)
    freshness = reader.duration("freshness", default: .seconds(60), in: .seconds(1) ... .seconds(3_600))
    limits = reader.limits(default: ownLimits)
    http = reader.http(default: ownHTTP)
    credentials = reader.credentials(oauth: oauth)
  }
}
