// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import ArgumentParser
import PresenceModel
import Worker

/// `lookup`: what the chain of agents makes of an address.
struct LookupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookup",
    abstract: "Ask the configured agents for an address: who claims it, what was asked, what came back.",
    discussion: """
      Runs the chain as the resolver would, in a call of its own: no cache, no remembered failure, no broker needed.

      Exit status: 0 where a state came back, 65 for what is no address, 69 where nobody claims it or the agent could \
      not answer.

      Examples:
        presence-worker lookup xmpp:jane@corp.example --config worker.yaml
        presence-worker lookup jane@corp.example --timeout 2s
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: ArgumentHelp("An IM address, such as xmpp:jane@corp.example or a bare id.", valueName: "address"))
  var address: String

  @Option(help: ArgumentHelp("How long the agent may take; its own time-out, unless given.", valueName: "duration"))
  var timeout: TimeSpan?

  func run() async throws {
    let configuration = try options.load().configuration
    let address = try parsed()
    let agents = try AgentAssembly.make(configuration)
    let explanation: ChainExplanation
    do {
      let chain = try PresenceChain(agents.agents, enterprise: agents.enterprise)
      explanation = await chain.explain(address, timeout: timeout?.duration)
    } catch let problem {
      throw CommandFailure(.configuration, "the agents do not go together: \(problem)")
    }
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    for line in ExplanationReport(explanation, ink: ink).lines() { Terminal.writeLine(line) }
    do {
      try await agents.shutdown()
    } catch {
      throw CommandFailure(.temporary, "the agents' connections could not be closed: \(error)")
    }
    if let failure = ExplanationReport(explanation, ink: ink).failure { throw failure }
  }

  private func parsed() throws(CommandFailure) -> IMAddress {
    do throws(IMAddress.Problem) {
      return try IMAddress(address)
    } catch {
      throw CommandFailure(.data, "“\(DisplayText.safe(address))” is no IM address: it \(error)")
    }
  }
}
