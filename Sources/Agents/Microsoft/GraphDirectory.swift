// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// By which property of the directory a user is found.
enum GraphIdentity: String, CaseIterable {
  /// The sign-in name.
  case userPrincipalName
  /// The mail address.
  case mail
  /// One of the SIP addresses.
  case imAddress

  /// The request that finds the user of an address, below the API's URL.
  func path(for address: String) -> String {
    switch self {
    case .userPrincipalName: "/users/\(PercentEncoding.encode(address))?$select=id"
    case .mail: filter("mail eq \(Self.quoted(address))")
    case .imAddress: filter("imAddresses/any(a:a eq \(Self.quoted("sip:\(address)")))")
    }
  }

  private func filter(_ expression: String) -> String {
    "/users?$select=id&$top=2&$filter=\(PercentEncoding.encode(expression))"
  }

  /// A literal of OData, in which a quote is written twice.
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}

/// The ids of the users whose addresses the agent is asked for.
struct GraphDirectory: Sendable {
  /// How many requests Graph takes in one batch.
  static let batchSize = 20
  /// How many batches are under way at once; Graph works on four requests of a mailbox or a directory at a time.
  static let concurrency = 4

  private let url: String
  private let identity: GraphIdentity
  private let settings: DirectoryCacheSettings
  private let connection: AgentConnection
  private let known: RecentCache<IMAddress, String?>

  init(_ configuration: GraphAgentConfiguration, _ connection: AgentConnection) {
    url = configuration.url
    identity = configuration.identity
    settings = configuration.users
    self.connection = connection
    known = RecentCache(capacity: configuration.users.entries)
  }

  /// The ids of users in lower case; an address that has no user is missing.
  ///
  /// - Throws: where Graph does not tell of all; what it told is remembered, so that the next attempt needs less.
  func users(
    of addresses: [IMAddress],
    within budget: CallBudget
  ) async throws(AgentError) -> [IMAddress: String] {
    var users: [IMAddress: String] = [:]
    var missing: [IMAddress] = []
    for address in addresses {
      if address.domain == nil {
        if GraphFormat.isUserID(address.local) { users[address] = address.local.lowercased() }
      } else if let user = known.value(for: address) {
        users[address] = user
      } else {
        missing.append(address)
      }
    }
    let batches = stride(from: 0, to: missing.count, by: Self.batchSize).map {
      Array(missing[$0..<min($0 + Self.batchSize, missing.count)])
    }
    let results = await withTaskGroup(of: Result<[IMAddress: String], AgentError>.self) { group in
      var rest = batches[...]
      var results: [Result<[IMAddress: String], AgentError>] = []
      for batch in rest.prefix(Self.concurrency) { group.addTask { await lookUp(batch, budget) } }
      rest = rest.dropFirst(Self.concurrency)
      while let result = await group.next() {
        results.append(result)
        if case .failure = result { continue }  // no more of what fails
        if let batch = rest.popFirst() { group.addTask { await lookUp(batch, budget) } }
      }
      return results
    }
    for result in results { users.merge(try result.get()) { first, _ in first } }
    return users
  }

  private func lookUp(
    _ addresses: [IMAddress],
    _ budget: CallBudget
  ) async -> Result<[IMAddress: String], AgentError> {
    let requests = addresses.enumerated().map { index, address in
      let path = JSONValue.escaped(identity.path(for: address.body))
      return "{\"id\":\"\(index)\",\"method\":\"GET\",\"url\":\"\(path)\"}"
    }
    let request = AgentHTTPRequest(
      "POST",
      url + "/$batch",
      headers: [AgentHTTPRequest.Header("Content-Type", "application/json")],
      body: Array("{\"requests\":[\(requests.joined(separator: ","))]}".utf8)
    )
    do throws(AgentError) {
      let response = try await connection.send(request, timeout: budget.remaining, accepting: [])
      guard response.status == 200 else { throw .unexpected(response.status) }
      return .success(try users(of: addresses, in: try GraphFormat.parseBatch(response.body)))
    } catch {
      return .failure(error)
    }
  }

  private func users(
    of addresses: [IMAddress],
    in answers: [String: GraphFormat.BatchAnswer]
  ) throws(AgentError) -> [IMAddress: String] {
    var users: [IMAddress: String] = [:]
    var failure: AgentError?
    for (index, address) in addresses.enumerated() {
      guard let answer = answers[String(index)] else { throw .badJSON }
      switch answer.status {
      case 200:
        let user = try GraphFormat.userID(in: answer.body)
        known.insert(user, for: address, validFor: settings.validFor(isKnown: user != nil))
        users[address] = user
      case 404: known.insert(nil, for: address, validFor: settings.keepMissingFor)
      case 400: break  // no name that the directory takes: unknown, and nothing to remember
      default: failure = failure ?? Self.failure(of: answer)
      }
    }
    if let failure { throw failure }
    return users
  }

  private static func failure(of answer: GraphFormat.BatchAnswer) -> AgentError {
    let fields = answer.retryAfter.map { [AgentHTTPRequest.Header("Retry-After", "\(Int($0 / .seconds(1)))")] } ?? []
    return AgentHTTPResponse(status: answer.status, headers: fields).failure(unknown: []) ?? .unexpected(answer.status)
  }
}
