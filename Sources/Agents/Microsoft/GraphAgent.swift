// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent for Microsoft Graph (Teams).
struct GraphAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: the API; default `https://graph.microsoft.com/v1.0`.
  let url: String
  /// Key `batch`: how many users are asked for in one request; 1 to 650, default 650.
  let maximumBatch: Int
  /// Key `identity`: by which property of the directory an address is found; default `userPrincipalName`.
  let identity: GraphIdentity
  /// Key `users`: for how many addresses the users' ids are remembered, and how long.
  let users: DirectoryCacheSettings

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    let url = reader.baseURL("url", default: "https://graph.microsoft.com/v1.0")
    let login = reader.baseURL("loginURL", default: "https://login.microsoftonline.com")
    let tenant = reader.text("tenant")
    if let tenant, tenant.isEmpty || !tenant.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) }) {
      reader.report("tenant", tenant, "must be the id or a domain of the tenant")
    }
    common = CommonAgentConfiguration(
      reader,
      claims: nil,
      launch: .teams,
      isEnterprise: isEnterprise,
      limits: AgentLimits(maximumCalls: 8, callsPerSecond: 40),  // Graph takes 1,500 requests in 30 s
      http: AsyncAgentHTTPClient.Configuration(maximumResponseBytes: 2_097_152),
      oauth: OAuthEndpoint(
        tokenURL: tenant.map { "\(login)/\($0)/oauth2/v2.0/token" },
        scope: URLOrigin(of: url).map { "\($0.scheme)://\($0.authority)/.default" }
      )
    )
    reader.requireCredentials(common.credentials, "Graph wants clientID and clientSecret, and the tenant")
    self.url = url
    maximumBatch = reader.integer("batch", default: 650, in: 1...650)
    identity = reader.choice("identity", default: .userPrincipalName)
    users = reader.directoryCache("users")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent { GraphAgent(self, connection) }
}

/// Asks Microsoft Graph for the presence of up to 650 users at once.
///
/// Graph knows users by their ids alone. An address without a domain is such an id; of any other the user is looked up
/// in the directory, twenty at a time, and remembered.
struct GraphAgent: NetworkAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let url: String
  private let directory: GraphDirectory
  private let now: @Sendable () -> Timestamp

  init(
    _ configuration: GraphAgentConfiguration,
    _ connection: AgentConnection,
    now: @escaping @Sendable () -> Timestamp = { .now() }
  ) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.connection = connection
    url = configuration.url
    directory = GraphDirectory(configuration, connection)
    self.now = now
  }

  func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    let budget = CallBudget(timeout)
    let users = try await directory.users(of: addresses, within: budget)
    let ids = Set(users.values)
    guard !ids.isEmpty else { return [:] }
    let list = ids.sorted().map { "\"\($0)\"" }.joined(separator: ",")
    let request = AgentHTTPRequest(
      "POST",
      url + "/communications/getPresencesByUserId",
      headers: [AgentHTTPRequest.Header("Content-Type", "application/json")],
      body: Array("{\"ids\":[\(list)]}".utf8)
    )
    let response = try await connection.send(request, timeout: budget.remaining, accepting: [])
    guard response.status == 200 else { throw .unexpected(response.status) }
    let answers = try GraphFormat.parsePresences(response.body, at: now())
    return users.compactMapValues { answers[$0] }
  }
}
