// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of a Slack agent.
struct SlackAgentConfiguration: AgentSettings {
  /// What counts as "do not disturb", and so as busy.
  enum DoNotDisturb: String, CaseIterable {
    /// What a person has switched on (a snooze).
    case snooze
    /// That, and the hours of every day in which a person is not to be disturbed.
    case always
    /// Nothing: Slack is not asked for it.
    case ignore
  }

  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: the Web API; default `https://slack.com/api`.
  let url: String
  /// Key `doNotDisturb`: `snooze` (default), `always` or `ignore`.
  let doNotDisturb: DoNotDisturb
  /// Key `status`: whether the status text is asked for, too, as the status message; default true.
  let status: Bool
  /// Key `users`: for how many mail addresses the ids are remembered, and how long.
  let users: DirectoryCacheSettings

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    let launch = reader.parsed("workspace") { (workspace: String) throws(SlackWorkspaceProblem) in
      try Self.launch(of: workspace)
    }
    common = CommonAgentConfiguration(
      reader,
      claims: nil,
      launch: launch,
      isEnterprise: isEnterprise,
      limits: AgentLimits(maximumCalls: 4, callsPerSecond: 0.8)  // Slack's tier 3: 50 calls a minute of each method
    )
    reader.requireCredentials(common.credentials, "Slack wants a token")
    url = reader.baseURL("url", default: "https://slack.com/api")
    doNotDisturb = reader.choice("doNotDisturb", default: .snooze)
    status = reader.boolean("status", default: true)
    users = reader.directoryCache("users")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    SlackAgent(self, connection)
  }

  /// Opens the workspace: no URL of Slack's opens a conversation with a mail address.
  private static func launch(of workspace: String) throws(SlackWorkspaceProblem) -> IMLaunch {
    let isLabel = workspace.utf8.allSatisfy { PercentEncoding.isUnreserved($0) && !"._~".utf8.contains($0) }
    guard !workspace.isEmpty, isLabel else { throw SlackWorkspaceProblem() }
    do throws(IMLaunch.Problem) {
      return try IMLaunch(client: "Slack", prefix: "https://\(workspace).slack.com/", part: .nothing)
    } catch {
      throw SlackWorkspaceProblem()
    }
  }
}

/// A text is no workspace's name.
struct SlackWorkspaceProblem: Error, CustomStringConvertible {
  var description: String { "must be the name in the workspace's address, such as corp" }
}

/// Asks Slack for a user's presence, for whether the user is not to be disturbed, and for the status text.
///
/// An address with a domain is a mail address, whose user is looked up and remembered; one without is a user's id.
struct SlackAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: SlackAgentConfiguration
  private let users: RecentCache<IMAddress, String?>
  private let now: @Sendable () -> Timestamp

  init(
    _ configuration: SlackAgentConfiguration,
    _ connection: AgentConnection,
    now: @escaping @Sendable () -> Timestamp = { .now() }
  ) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
    self.now = now
    users = RecentCache(capacity: configuration.users.entries)
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard let user = try await userID(of: address, budget) else { return nil }
    async let message = message(user, budget)
    let response = try await ask("users.getPresence", "user", user, timeout: budget.remaining)
    guard let answer = try SlackFormat.parsePresence(response.body, retryAfter: response.retryAfter) else { return nil }
    let isBusy = try await isNotToBeDisturbed(user, budget)
    return AgentAnswer(isBusy ? .busy : answer.state, message: await message, isInactive: answer.isInactive)
  }

  private func isNotToBeDisturbed(_ user: String, _ budget: CallBudget) async throws(AgentError) -> Bool {
    if configuration.doNotDisturb == .ignore { return false }
    let response = try await ask("dnd.info", "user", user, timeout: budget.remaining)
    return try SlackFormat.parseDoNotDisturb(
      response.body,
      at: now(),
      includesSchedule: configuration.doNotDisturb == .always,
      retryAfter: response.retryAfter
    )
  }

  /// The status text, which only adds to the answer: without it there is no status message.
  private func message(_ user: String, _ budget: CallBudget) async -> String? {
    guard configuration.status else { return nil }
    do throws(AgentError) {
      let response = try await ask("users.profile.get", "user", user, timeout: budget.share)
      return try SlackFormat.parseStatus(response.body, at: now())
    } catch {
      AgentTrace.note("The status text could not be had: \(error)")
      return nil
    }
  }

  /// The id of an address's user; nil where there is none.
  private func userID(of address: IMAddress, _ budget: CallBudget) async throws(AgentError) -> String? {
    guard let domain = address.domain else { return SlackFormat.isUserID(address.local) ? address.local : nil }
    if let known = users.value(for: address) { return known }
    let mail = "\(address.local)@\(domain)"
    let response = try await ask("users.lookupByEmail", "email", mail, timeout: budget.remaining)
    let user = try SlackFormat.parseUser(response.body, retryAfter: response.retryAfter)
    users.insert(user, for: address, validFor: configuration.users.validFor(isKnown: user != nil))
    return user
  }

  private func ask(
    _ method: String,
    _ field: String,
    _ value: String,
    timeout: Duration
  ) async throws(AgentError) -> AgentHTTPResponse {
    var url = RequestURL("\(configuration.url)/\(method)")
    url.append(query: field, value)
    let response = try await connection.send(AgentHTTPRequest("GET", url.text), timeout: timeout, accepting: [])
    guard response.status == 200 else { throw .unexpected(response.status) }
    return response
  }
}
