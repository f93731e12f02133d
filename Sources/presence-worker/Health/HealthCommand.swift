// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import ArgumentParser
import Worker

/// `health`: what a container's health check asks, without curl.
struct HealthCommand: AsyncParsableCommand {
  /// What is asked.
  enum Question: String, CaseIterable, ExpressibleByArgument {
    /// Has the worker made progress, or had nothing to do?
    case live
    /// Is it joined and restored?
    case ready
    /// Has it been ready once?
    case started
  }

  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask the worker of this machine how it is; for health checks.",
    discussion: """
      Reads the address from the same configuration as the worker (http.address, http.port) and asks its HTTP surface.

      Examples:
        presence-worker health live
        presence-worker health ready --port 9465

      Exit status: 0 yes, 69 where nobody answers, 75 no, with what is missing.
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: "live, ready or started.")
  var question: Question = .ready

  @Option(help: "The port, where it is not the configured one.")
  var port: Int?

  @Option(help: ArgumentHelp("How long to wait for the answer.", valueName: "duration"))
  var timeout = TimeSpan(.seconds(2))

  func run() async throws {
    let http = try options.load().configuration.http
    let url = "http://\(Self.host(http.address)):\(port ?? http.port ?? 9_464)/health/\(question.rawValue)"
    let client = try AsyncAgentHTTPClient()
    let answer = await ask(client, url)
    try await client.shutdown()
    switch answer {
    case .success(let response) where response.status == 200:
      Terminal.writeLine("\(question.rawValue): yes")
    case .success(let response):
      Terminal.writeLine(String(decoding: response.body, as: UTF8.self))
      throw CommandFailure(.temporary, "\(question.rawValue): no (\(response.status))")
    case .failure(let error):
      throw CommandFailure(
        .unavailable,
        "no answer from \(url): \(error)",
        advice: "Is the worker running here, and is http.enabled on?"
      )
    }
  }

  private func ask(_ client: AsyncAgentHTTPClient, _ url: String) async -> Result<AgentHTTPResponse, AgentError> {
    do throws(AgentError) {
      return .success(try await client.send(AgentHTTPRequest("GET", url), timeout: timeout.duration))
    } catch {
      return .failure(error)
    }
  }

  /// Where a surface is asked that listens at this address: at loopback where it listens everywhere.
  private static func host(_ address: String) -> String {
    switch address {
    case "0.0.0.0": "127.0.0.1"
    case "::": "[::1]"
    default: address.contains(":") ? "[\(address)]" : address
    }
  }
}
