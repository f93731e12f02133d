// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import ArgumentParser
import Foundation
import PresenceModel
import Worker

/// `agents`: who claims what, in which order, and how they are.
struct AgentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agents",
    abstract: "Show the agents in their order: what they claim, how they are, who would be asked for an address.",
    discussion: """
      Without options the configuration alone is read: no broker, no network, no secret. --probe makes the agents and \
      asks each how it is. --from asks a running worker for its circuits, its last failures and what is in flight; \
      the token of http.token goes with it.

      Exit status: 0, or 69 where an agent is failing or the worker does not answer.

      Examples:
        presence-worker agents --config worker.yaml
        presence-worker agents xmpp:jane@corp.example jane
        presence-worker agents --probe
        presence-worker agents --from http://localhost:8080
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: ArgumentHelp("IM addresses of which to say who would be asked.", valueName: "address"))
  var addresses: [String] = []

  @Flag(help: "Make the agents and ask each how it is.")
  var probe = false

  @Option(help: ArgumentHelp("A running worker, as http.address and http.port say.", valueName: "url"))
  var from: String?

  func run() async throws {
    let configuration = try options.load().configuration
    let addresses = try self.addresses.map(Self.address)
    let directory: AgentDirectory
    let enterprise: EnterpriseConfiguration
    let told: Set<String>
    do throws(ConfigurationProblems) {
      directory = try AgentAssembly.directory(configuration)
      enterprise = try AgentAssembly.connections(configuration)
      told = try AgentAssembly.liveNames(configuration)
    } catch {
      throw CommandFailure(.configuration, "\(error)", advice: AgentAssembly.advice)
    }
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    let report = AgentsReport(directory, enterprise, live: told, ink: ink)
    for line in report.lines() + report.claims(of: addresses) { Terminal.writeLine(line) }
    if let from { try await live(from, configuration, report) }
    if probe { try await probe(configuration, report) }
  }

  private static func address(_ text: String) throws -> IMAddress {
    do throws(IMAddress.Problem) {
      return try IMAddress(text)
    } catch {
      throw CommandFailure(.data, "“\(DisplayText.safe(text))” is no IM address: it \(error)")
    }
  }

  private func probe(_ configuration: WorkerConfiguration, _ report: AgentsReport) async throws {
    let set = try AgentAssembly.make(configuration)
    var health: [(name: String, health: AgentHealth)] = []
    for agent in set.agents + (set.enterprise.map { [$0] } ?? []) {
      health.append((agent.descriptor.name, await agent.health()))
    }
    do {
      try await set.shutdown()
    } catch {
      throw CommandFailure(.temporary, "the agents' connections could not be closed: \(error)")
    }
    for line in report.health(health) { Terminal.writeLine(line) }
    let failing = health.filter { if case .failing = $0.health { true } else { false } }.map(\.name)
    guard failing.isEmpty else {
      throw CommandFailure(.unavailable, "failing: \(failing.joined(separator: ", "))")
    }
  }

  private func live(_ url: String, _ configuration: WorkerConfiguration, _ report: AgentsReport) async throws {
    let token = configuration.http.token.map { AgentHTTPRequest.Header("Authorization", "Bearer \($0.reveal())") }
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    let documents: [AgentDocument]
    do {
      let client = try AsyncAgentHTTPClient(.init(maximumResponseBytes: 1 << 22))
      let request = AgentHTTPRequest("GET", base + "/agents", headers: token.map { [$0] } ?? [])
      let answer: Result<AgentHTTPResponse, AgentError>
      do throws(AgentError) {
        answer = .success(try await client.send(request, timeout: .seconds(5)))
      } catch {
        answer = .failure(error)
      }
      try await client.shutdown()
      let response = try answer.get()
      guard response.status == 200 else {
        throw CommandFailure(.unavailable, "\(base)/agents answers with status \(response.status)")
      }
      documents = try JSONDecoder().decode([AgentDocument].self, from: Data(response.body))
    } catch let error as AgentError {
      throw CommandFailure(.unavailable, "\(base)/agents: \(error.debugDescription)")
    } catch is DecodingError {
      throw CommandFailure(.unavailable, "\(base)/agents does not answer as a worker does")
    }
    for line in report.live(documents) { Terminal.writeLine(line) }
  }
}
