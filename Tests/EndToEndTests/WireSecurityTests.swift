// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The configurations of docs/SECURITY.md, as they stand, on a broker that demands them.
@Suite(.serialized, .enabled(if: SecureBroker.isThere, SecureBroker.reason), .timeLimit(.minutes(20)))
struct WireSecurityTests {
  /// A way to show who one is.
  struct Mechanism: Sendable, CustomTestStringConvertible {
    var heading: String
    var listener: String
    var testDescription: String { heading }

    static let all = [
      Mechanism(heading: "TLS", listener: "TLS"), Mechanism(heading: "Mutual TLS", listener: "MTLS"),
      Mechanism(heading: "SASL PLAIN", listener: "PLAIN"), Mechanism(heading: "SASL SCRAM-SHA-256", listener: "SCRAM"),
      Mechanism(heading: "SASL SCRAM-SHA-512", listener: "SCRAM"),
      Mechanism(heading: "SASL OAUTHBEARER", listener: "OAUTH"),
    ]
  }

  @Test(
    "A worker restores, works and drains with the documented configuration; no secret is logged",
    arguments: Mechanism.all
  )
  func works(_ mechanism: Mechanism) async throws {
    let broker = try SecureBroker()
    let prefix = "wire-\(UInt32.random(in: .min ... .max))."
    try await broker.prepare(prefix, principals: ["enricher": "presence-worker", "resolver": "presence-worker"])
    let tokens = try await TokenServer(broker, seconds: 4)
    let configuration = tokens.placed(in: try broker.documented(mechanism.heading, mechanism.listener, prefix: prefix))
    let worker = try WorkerProcess(["run"], configuration: configuration)
    try await worker.log("State restored")
    try await broker.administer(["send", "change", "jane", "busy", "--message", "Lunch"], prefix: prefix)
    let seen = try await broker.administer(["watch", "--json", "--count", "1"], prefix: prefix)
    #expect(seen.contains { $0.contains(#""statusMessage":"Lunch""#) }, "\(seen)")
    if mechanism.listener == "OAUTH" {
      // The broker's sessions end after four seconds, and with them connections that bring no new token.
      for _ in 0..<3 { try await tokens.expectRequest(status: 200) }
      try await broker.administer(["send", "change", "tom", "away"], prefix: prefix)
      try await broker.administer(["watch", "--json", "--count", "2"], prefix: prefix)
    }
    worker.signal(SIGTERM)
    #expect(try await worker.waitUntilExit() == .status(0))
    let transcript = worker.transcript.joined(separator: "\n")
    for secret in [try broker.secret("presence-worker.password"), TokenServer.secret, "eyJ"] {
      #expect(!transcript.contains(secret), "a secret is in the log")
    }
    try await tokens.stop()
  }

  @Test("`config check` shows the documented configurations without their secrets", arguments: Mechanism.all)
  func configurationCheck(_ mechanism: Mechanism) async throws {
    let broker = try SecureBroker()
    let tokens = try await TokenServer(broker, seconds: 60)
    let configuration = tokens.placed(in: try broker.documented(mechanism.heading, mechanism.listener, prefix: "x."))
    let check = try WorkerProcess(["config", "check"], configuration: configuration)
    #expect(try await check.waitUntilExit() == .status(0), "\(check.transcript)")
    let text = check.transcript.joined(separator: "\n")
    #expect(!text.contains(try broker.secret("presence-worker.password")) && !text.contains(TokenServer.secret))
    try await tokens.stop()
  }

  /// Something wrong, and what has to be said of it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var mechanism: Mechanism
    var replaced: String
    var replacement: String
    var said: [String]
    var testDescription: String { name }

    static let all = [
      Mistake(
        name: "a wrong password",
        mechanism: Mechanism.all[2],
        replaced: "presence-worker.password",
        replacement: "operator.password",
        said: ["does not accept the credentials", "Authentication failed", "docs/SECURITY.md"]
      ),
      Mistake(
        name: "a wrong SCRAM password",
        mechanism: Mechanism.all[3],
        replaced: "presence-worker.password",
        replacement: "operator.password",
        said: ["does not accept the credentials", "docs/SECURITY.md"]
      ),
      Mistake(
        name: "a stranger's authority",
        mechanism: Mechanism.all[0],
        replaced: "ca.pem",
        replacement: "stranger.pem",
        said: ["no TLS connection", "certificate verify failed"]
      ),
      Mistake(
        name: "a wrong client secret",
        mechanism: Mechanism.all[5],
        replaced: "oauth.secret",
        replacement: "operator.password",
        said: ["refuses the client (401 invalid_client)", "kafka.oauth.clientID"]
      ),
      Mistake(
        name: "a secret's file that is not there",
        mechanism: Mechanism.all[5],
        replaced: "oauth.secret",
        replacement: "nothing.secret",
        said: ["kafka.oauth.clientSecretFile", "cannot be read"]
      ),
    ]
  }

  @Test("What is wrong is said with what to do, and without the secret", arguments: Mistake.all)
  func mistakes(_ mistake: Mistake) async throws {
    let broker = try SecureBroker()
    let tokens = try await TokenServer(broker, seconds: 60)
    let right = tokens.placed(
      in: try broker.documented(mistake.mechanism.heading, mistake.mechanism.listener, prefix: "x.")
    )
    let wrong = right.replacing("/\(mistake.replaced)", with: "/\(mistake.replacement)")
    #expect(wrong != right)
    let check = try WorkerProcess(["topics", "check"], configuration: wrong)
    #expect(try await check.waitUntilExit() == .status(69))
    let text = check.transcript.joined(separator: "\n")
    for part in mistake.said { #expect(text.contains(part), "\(part) in:\n\(text)") }
    #expect(!text.contains(try broker.secret("operator.password")))
    try await tokens.stop()
  }
}

/// A token endpoint with a private authority.
struct TokenServer {
  static let secret = "cl+ient: Secret 4"

  private let process: ChildProcess
  private let port: String
  private let secretFile: String

  init(_ broker: SecureBroker, seconds: Int) async throws {
    secretFile = broker.file("oauth.secret")
    try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: secretFile))
    process = try ChildProcess(
      Python.command(
        "token_server.py",
        [broker.file("broker.pem"), broker.file("broker.key"), "presence-worker", Self.secret, "\(seconds)"]
      )
    )
    port = try await process.line()
  }

  /// A documented configuration with this endpoint.
  func placed(in configuration: String) -> String {
    configuration.replacing("https://idp.corp.example/", with: "https://localhost:\(port)/")
      .replacing("/run/secrets/oauth-client-secret", with: secretFile)
  }

  /// The next request was answered with this status.
  func expectRequest(status: Int) async throws { try await process.expect("\(status)") }

  func stop() async throws { _ = try await process.stop() }
}
