// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A private Kamailio of `Tests/Support/kamailio`, and sipp, which publishes to it.
///
/// It is the presence server of `corp.example`; whoever subscribes has the password `secret`.
public struct KamailioServer: Sendable {
  /// The port of UDP and TCP, on 127.0.0.1.
  public let port: Int
  /// The port of TLS; its certificate is for `localhost`.
  public let tlsPort: Int
  /// The PEM file of the authority that has signed it.
  public var authority: String { folder.appendingPathComponent("ca.pem").path }

  private let folder: URL
  private let script: ServerScript

  /// What is missing on this machine for such a test; nil where nothing is.
  public static let missing: String? = {
    let modules = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []  // none where it is missing
    for module in ["presence", "presence_xml", "tls", "db_text"] {
      let isThere = modules.contains {
        FileManager.default.fileExists(atPath: "/usr/lib/\($0)/kamailio/modules/\(module).so")
      }
      if !isThere { return "Kamailio with its module \(module) is not installed" }
    }
    return Python.finds("openssl") ? SIPPeer.missing : "openssl is not installed"
  }()

  /// Starts a server, and ends it after `body`.
  ///
  /// - Parameter algorithm: of its digest challenges.
  public static func run(algorithm: String = "MD5", _ body: (KamailioServer) async throws -> Void) async throws {
    let script = try await ServerScript("kamailio", [algorithm])
    try await script.stopping {
      try await body(
        KamailioServer(
          port: script.number("port"),
          tlsPort: script.number("tls"),
          folder: URL(fileURLWithPath: script.text("folder")),
          script: script
        )
      )
    }
  }

  /// Ends the server and starts it again on the same ports.
  ///
  /// - Parameter forgetting: whether it forgets subscriptions and publications.
  public func restart(forgetting: Bool = false) async throws {
    try script.process.send("stop TERM")
    try await script.process.expect("STOPPED")
    if forgetting { try FileManager.default.removeItem(at: folder.appendingPathComponent("database")) }
    try script.process.send("start")
    try await script.process.expect("STARTED")
  }

  /// Has sipp publish a document for a user of `corp.example`.
  ///
  /// - Parameters:
  ///   - tag: the entity tag of the publication that is changed; a new one without it.
  ///   - expires: for how many seconds.
  /// - Returns: the entity tag of what is published.
  public func publish(
    _ document: String,
    for user: String,
    replacing tag: String? = nil,
    expires: Int = 3_600
  ) async throws -> String {
    let id = UUID()
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("publish-\(id).log")
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent("publish-\(id).errors")
    defer {
      for file in [log, errors] { try? FileManager.default.removeItem(at: file) }  // temporary, and perhaps never made
    }
    let command = [
      "sipp", "-sf", Python.scripts.appendingPathComponent("sip/publish.xml").path, "-m", "1", "-i", "127.0.0.1",
      "-nostdin", "-s", user, "-trace_logs", "-log_file", log.path, "-trace_err", "-error_file", errors.path,
      "-key", "document", document, "-key", "expires", "\(expires)",
      "-key", "condition", tag.map { "SIP-If-Match: \($0)" } ?? "X-Condition: none", "127.0.0.1:\(port)",
    ]
    let publisher = try ChildProcess(command, output: .everything)
    guard try await publisher.waitUntilExit() == .status(0) else {
      let told = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""  // it makes none for every failure
      throw ChildProcess.Failure(
        "the publication failed:\n\((publisher.transcript.suffix(20) + [told]).joined(separator: "\n"))"
      )
    }
    return try String(contentsOf: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// sipp as a SIP server that plays one call of a scenario of `Tests/Support/sip`.
public struct SIPPeer: Sendable {
  /// The port on which it listens, on 127.0.0.1.
  public let port: Int

  private let script: ServerScript

  /// What is missing on this machine for such a test; nil where nothing is.
  public static let missing: String? = Python.finds("sipp") ? nil : "sipp (sip-tester) is not installed"

  /// Plays a scenario for `body`, which ends when the call is over.
  public static func run(
    _ scenario: String,
    transport: String = "tcp",
    _ body: (SIPPeer) async throws -> Void
  ) async throws {
    let script = try await ServerScript("sip", [scenario, transport])
    try await script.stopping { try await body(SIPPeer(port: script.number("port"), script: script)) }
  }

  /// Returns when the call is over, and fails unless all went as the scenario says.
  public func finish() async throws { try await script.process.expect("done 0") }
}
