// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A private ejabberd of `Tests/Support/ejabberd`, and real clients of `Tests/Support/xmpp_client.py`.
///
/// It has the domain `corp.example` and the accounts `admin`, `jane` and `joe`, each with the password `secret`.
public struct EjabberdServer: Sendable {
  /// The port of its HTTP API, on 127.0.0.1.
  public let httpPort: Int
  /// The port of its clients, on 127.0.0.1.
  public let clientPort: Int
  /// The port of its components, on 127.0.0.1.
  public let componentPort: Int
  /// The id of the server's process.
  public let processID: Int32

  private let process: ChildProcess

  /// What is missing on this machine for such a test; nil where nothing is.
  public static let missing: String? = {
    let libraries = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    let isInstalled = libraries.contains { folder in
      let packages = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/\(folder)")) ?? []
      return packages.contains { $0.hasPrefix("ejabberd-") }
    }
    guard isInstalled else { return "ejabberd is not installed" }
    return Python.has("slixmpp") ? nil : "slixmpp is not installed"
  }()

  /// Whether ejabberd's `mod_webpresence` is there; the server then serves it below `/presence`, with jane and joe.
  public static let hasWebPresence: Bool = {
    let libraries = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    return libraries.contains { folder in
      let packages = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/\(folder)")) ?? []
      return packages.filter { $0.hasPrefix("ejabberd-") }.contains {
        FileManager.default.fileExists(atPath: "/usr/lib/\(folder)/\($0)/ebin/mod_webpresence.beam")
      }
    }
  }()

  /// Starts a server; returns when it answers.
  ///
  /// - Parameter certificate: a PEM file with a certificate and its key; with it components have to speak TLS.
  public init(certificate: String? = nil) async throws {
    process = try ChildProcess(
      [Python.scripts.appendingPathComponent("ejabberd/run.sh").path],
      environment: certificate.map { ["COMPONENT_CERTIFICATE": $0] } ?? [:]
    )
    let numbers = try ServerNumbers(await process.line())
    httpPort = try numbers["http"]
    clientPort = try numbers["c2s"]
    componentPort = try numbers["component"]
    processID = Int32(try numbers["pid"])
  }

  /// Ends the server and everything that it has made.
  public func stop() async throws { try await process.stop() }

  /// Starts a server, and ends it after `body`.
  public static func run(
    certificate: String? = nil,
    _ body: (EjabberdServer) async throws -> Void
  ) async throws {
    let server = try await EjabberdServer(certificate: certificate)
    do {
      try await body(server)
    } catch {
      try await server.stop()
      throw error
    }
    try await server.stop()
  }

  /// A client that has a session.
  public func client(_ user: String, resource: String) async throws -> ChildProcess {
    try await XMPPClient.connect(user, port: clientPort, resource: resource)
  }
}
