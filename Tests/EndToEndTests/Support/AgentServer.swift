// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// A presence network that does as the test says: `Tests/Support/agent_server.py`.
struct AgentServer: Sendable {
  let port: Int
  private let process: ChildProcess

  init() async throws {
    process = try ChildProcess(Python.command("agent_server.py", []))
    let line = try await process.line()
    guard line.hasPrefix("port "), let port = Int(line.dropFirst(5)) else {
      throw ChildProcess.Failure("\"\(line)\" instead of a port")
    }
    self.port = port
  }

  /// Lets requests for this state wait from now on.
  func hold(_ state: String) async throws {
    try process.send("hold \(state)")
    while try await process.line() != "done hold \(state)" {}
  }

  /// Answers requests for this state, those that wait among them.
  func release(_ state: String) async throws {
    try process.send("release \(state)")
    while try await process.line() != "done release \(state)" {}
  }

  /// Waits until somebody was asked for under this path.
  func asked(_ path: String) async throws {
    while try await process.line() != "asked \(path)" {}
  }

  /// A url agent's keys that ask for this state.
  func agent(_ name: String, _ state: String) -> String {
    """
    type: url, name: \(name), url: "http://127.0.0.1:\(port)/\(state)/{local}", http: {connectTimeout: 1m}, \
    \(Self.answer)
    """
  }

  /// An enterprise connection that says this state of everybody.
  func connection(_ name: String, _ state: String) -> String {
    """
    name: \(name), adapter: url, server: "http://127.0.0.1:\(port)/\(state)/{local}", \(Self.answer)
    """
  }

  private static let answer =
    "state: {json: /presence, values: {online: online, busy: busy, away: away, offline: offline}}"

  func close() async throws { try await process.stop() }
}
