// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A private Prosody of `Tests/Support/prosody`, and real clients of `Tests/Support/xmpp_client.py`.
///
/// It has the domain `corp.example` with the accounts `jane`, `joe` and `user0` to `user99`, each with the password
/// `secret`, and the components `portal-1`, `portal-2` (whom everybody lets see them) and `stranger`, each with the secret
/// `component-secret`.
public struct ProsodyServer: Sendable {
  /// The port of its clients, on 127.0.0.1.
  public let clientPort: Int
  /// The port of its components, on 127.0.0.1.
  public let componentPort: Int

  private let process: ChildProcess

  /// What is missing on this machine for such a test; nil where nothing is.
  public static let missing: String? = {
    guard Python.finds("prosody") else { return "prosody is not installed" }
    return Python.has("slixmpp") ? nil : "slixmpp is not installed"
  }()

  /// Starts a server; returns when it answers.
  public init() async throws {
    process = try ChildProcess([Python.scripts.appendingPathComponent("prosody/run.sh").path])
    let numbers = try ServerNumbers(await process.line())
    clientPort = try numbers["c2s"]
    componentPort = try numbers["component"]
  }

  /// Ends the server and everything that it has made.
  public func stop() async throws { try await process.stop() }

  /// Ends the server alone, by a signal (`TERM`, `KILL`).
  public func halt(_ signal: String) async throws {
    try process.send("stop \(signal)")
    try await process.expect("STOPPED")
  }

  /// Starts the server again that was halted; returns when it answers on the same ports.
  public func resume() async throws {
    try process.send("start")
    try await process.expect("STARTED")
  }

  /// Starts a server, and ends it after `body`.
  public static func run(_ body: (ProsodyServer) async throws -> Void) async throws {
    let server = try await ProsodyServer()
    do {
      try await body(server)
    } catch {
      try await server.stop()
      throw error
    }
    try await server.stop()
  }

  /// A client that has a session.
  public func client(_ user: String, resource: String, options: [String] = []) async throws -> ChildProcess {
    try await XMPPClient.connect(user, port: clientPort, resource: resource, options: options)
  }
}
