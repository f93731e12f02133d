// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import PresenceModel
import Worker

/// The agents of a configuration, as lines for people.
struct AgentsReport {
  private let directory: AgentDirectory
  private let enterprise: EnterpriseConfiguration
  /// The agents whose networks tell by themselves, by name.
  private let live: Set<String>
  private let ink: Ink

  init(_ directory: AgentDirectory, _ enterprise: EnterpriseConfiguration, live: Set<String>, ink: Ink) {
    self.directory = directory
    self.enterprise = enterprise
    self.live = live
    self.ink = ink
  }

  /// The agents in their order, the connections, and the hash by which enrichers and resolvers compare.
  func lines() -> [String] {
    guard !directory.descriptors.isEmpty || !enterprise.connections.isEmpty else {
      return ["No agents are configured."]
    }
    var table = TextTable(["", "agent", "claims", "client", "fresh for", "at once", "told by"])
    for (index, agent) in directory.descriptors.enumerated() {
      let isEnterprise = index == directory.enterpriseIndex
      let claims = isEnterprise ? ["what nobody claims"] : agent.claims.map(\.description)
      table.add([
        "\(index + 1)", agent.name, claims.first ?? "", agent.launch?.client ?? "",
        DurationText.render(agent.freshness), "\(agent.maximumBatch)", live.contains(agent.name) ? "bridge" : "",
      ])
      for claim in claims.dropFirst() { table.add(["", "", claim]) }
    }
    var lines = table.lines(ink)
    if !enterprise.connections.isEmpty {
      lines.append("")
      var connections = TextTable(["", "connection", "adapter", "server", "pool", "domain", "application", "time-out"])
      for connection in enterprise.connections {
        connections.add([
          connection == enterprise.active ? "active" : "", connection.name, connection.adapter.name, connection.server,
          connection.poolName ?? "", connection.userDomain ?? "", connection.externalApplication ?? "",
          DurationText.render(connection.timeout),
        ])
      }
      lines += connections.lines(ink)
    }
    return lines + ["", ink("agents \(directory.hash)", .faint)]
  }

  /// Who would be asked for addresses, and by which rule.
  func claims(of addresses: [IMAddress]) -> [String] {
    guard !addresses.isEmpty else { return [] }
    var table = TextTable(["address", "asked", "because of"])
    for address in addresses {
      guard let index = directory.claim(address) else {
        table.add([DisplayText.safe(address.text), ink("nobody", .bad), "no claim, and no enterprise connection"])
        continue
      }
      let agent = directory[index]
      let rule = index == directory.enterpriseIndex ? nil : agent.claims.first { $0.claims(address) }
      table.add([DisplayText.safe(address.text), agent.name, rule?.description ?? "nobody claims it"])
    }
    return [""] + table.lines(ink)
  }

  /// What agents say of themselves.
  func health(_ all: [(name: String, health: AgentHealth)]) -> [String] {
    var table = TextTable(["agent", "health", ""])
    for (name, health) in all {
      switch health {
      case .ready: table.add([name, ink("ready", .good)])
      case .degraded(let why): table.add([name, "degraded", DisplayText.safe(why)])
      case .failing(let why): table.add([name, ink("failing", .bad), DisplayText.safe(why)])
      }
    }
    return [""] + table.lines(ink)
  }

  /// How the agents of a running worker are.
  func live(_ documents: [AgentDocument]) -> [String] {
    var table = TextTable(["agent", "circuit", "calls", "queued", "waiting", "answered", "failed", "last failure"])
    for agent in documents {
      let circuit = agent.circuit == CircuitState.closed.rawValue ? ink(agent.circuit, .good) : ink(agent.circuit, .bad)
      let last = agent.lastFailure.map { "\($0) (\(agent.lastFailureAt ?? ""))" } ?? ""
      table.add([
        agent.name, circuit, "\(agent.runningCalls)", "\(agent.queuedAddresses)", "\(agent.waitingNeeds)",
        "\(agent.answered)", "\(agent.failed.values.reduce(0, +))", DisplayText.safe(last),
      ])
    }
    let drift = documents.map(\.name) == directory.descriptors.map(\.name)
    let warning = drift ? [] : [ink("The worker has other agents than this configuration.", .bad)]
    return [""] + table.lines(ink) + warning
  }
}
