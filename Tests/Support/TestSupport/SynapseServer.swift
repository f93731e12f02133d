// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A private Matrix homeserver of `Tests/Support/synapse`, and real clients of `Tests/Support/matrix_client.py`.
///
/// Its name is `corp.example`, and it has no accounts but those that a test makes.
public struct SynapseServer: Sendable {
  /// An account with a client.
  public struct Account: Sendable {
    /// The Matrix id.
    public let userID: String
    /// The access token.
    public let token: String

    let client: ChildProcess

    /// Has the client do something; returns when the server has answered.
    public func obey(_ command: String) async throws {
      try client.send(command)
      try await client.expect("done \(command.prefix { $0 != " " })")
    }
  }

  /// The port of its client API, on 127.0.0.1.
  public let httpPort: Int

  private let process: ChildProcess

  /// What is missing on this machine for such a test; nil where nothing is.
  public static let missing: String? = Python.has("synapse") ? nil : "Synapse (PyPI: matrix-synapse) is not installed"

  /// Starts a server; returns when it answers.
  public init() async throws {
    let script = Python.scripts.appendingPathComponent("synapse/run.sh").path
    process = try ChildProcess([script, Python.interpreter])
    httpPort = try ServerNumbers(await process.line())["http"]
  }

  /// Starts a server, and ends it after `body`.
  public static func run(_ body: (SynapseServer) async throws -> Void) async throws {
    let server = try await SynapseServer()
    do {
      try await body(server)
    } catch {
      try await server.process.stop()
      throw error
    }
    try await server.process.stop()
  }

  /// A new account.
  public func account(_ user: String) async throws -> Account {
    let client = try ChildProcess(Python.command("matrix_client.py", ["http://127.0.0.1:\(httpPort)", user]))
    let words = try await client.line().split(separator: " ").map(String.init)
    guard words.count == 3, words[0] == "online" else {
      throw ChildProcess.Failure("\"\(words.joined(separator: " "))\" instead of an account")
    }
    return Account(userID: words[1], token: words[2], client: client)
  }
}
