// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A broker with listeners of every kind of security, as `Tests/Security/secure_broker.py` prepares it.
struct SecureBroker {
  static let reason: Comment = "KAFKA_SECURE is not set: it names what Tests/Security/secure_broker.py has made"

  static let directory = ProcessInfo.processInfo.environment["KAFKA_SECURE"]
  static var isThere: Bool { directory != nil }

  /// What stands for `kafka-acls.sh`, such as a path.
  static let accessTool = ProcessInfo.processInfo.environment["KAFKA_ACLS"]

  let directory: String
  private let listeners: [String: String]

  init() throws {
    directory = try #require(Self.directory)
    let text = try Data(contentsOf: URL(fileURLWithPath: directory + "/listeners.json"))
    listeners = try JSONDecoder().decode([String: String].self, from: text)
  }

  func address(_ listener: String) throws -> String { try #require(listeners[listener]) }

  /// The path of one of the broker's files.
  func file(_ name: String) -> String { "\(directory)/\(name)" }

  /// The secret in a file.
  func secret(_ name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8).trimmingCharacters(in: .newlines)
  }

  /// The configuration under a heading of docs/SECURITY.md, with this broker's address and files.
  func documented(_ heading: String, _ listener: String, prefix: String) throws -> String {
    let page = Python.scripts.appendingPathComponent("../../docs/SECURITY.md").standardizedFileURL
    let text = try String(contentsOf: page, encoding: .utf8)
    let section = try #require(text.range(of: "## \(heading)\n"), "docs/SECURITY.md has no heading \(heading)")
    let rest = text[section.upperBound...]
    let start = try #require(rest.range(of: "```yaml\n"))
    let end = try #require(rest[start.upperBound...].range(of: "```\n"))
    let block = String(rest[start.upperBound..<end.lowerBound])
    let placed = try block.split(separator: "\n").map { line in
      line.contains("bootstrapServers:") ? "  bootstrapServers: [\(try address(listener))]" : String(line)
    }
    return placed.joined(separator: "\n")
      .replacing("/etc/presence-worker/", with: directory + "/")
      .replacing("/run/secrets/kafka-password", with: file("presence-worker.password"))
      + "\ntopics: {prefix: \(prefix)}\nlog: {format: json, level: debug}\n"
  }

  /// Runs a command against the listener of administrators, and gives its lines.
  @discardableResult
  func administer(_ arguments: [String], prefix: String) async throws -> [String] {
    let command = try WorkerProcess(
      arguments + ["--bootstrap-servers", try address("INTERNAL"), "--topic-prefix", prefix]
    )
    let exit = try await command.waitUntilExit()
    #expect(exit == .status(0), "\(arguments): \(command.transcript)")
    return command.transcript
  }

  /// Makes topics of a prefix of one's own, and allows everything that `topics acls` says, to these principals.
  func prepare(_ prefix: String, principals: [String: String]) async throws {
    try await administer(["topics", "create", "--set", "topics.partitions=2"], prefix: prefix)
    guard let tool = Self.accessTool else { return }
    let options = principals.sorted { $0.key < $1.key }.flatMap { party, principal in
      ["--principal", "\(party)=User:\(principal)", "--party", party]
    }
    let commands = try await administer(["topics", "acls"] + options, prefix: prefix)
    for line in commands {
      let shell = try ChildProcess(["bash", "-c", line.replacing("kafka-acls.sh", with: tool) + " 2>&1"])
      #expect(try await shell.waitUntilExit() == .status(0), "\(line): \(shell.transcript)")
    }
  }
}
