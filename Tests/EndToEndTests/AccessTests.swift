// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The rules of `topics acls` on a broker with Kafka's own authorizer: enough for everybody, and nothing more.
@Suite(
  .serialized,
  .enabled(if: SecureBroker.isThere && SecureBroker.accessTool != nil, "KAFKA_SECURE or KAFKA_ACLS is not set"),
  .timeLimit(.minutes(20))
)
struct AccessTests {
  private func configuration(_ broker: SecureBroker, user: String, prefix: String) throws -> String {
    try broker.documented("SASL PLAIN", "PLAIN", prefix: prefix)
      .replacing("sasl.username: presence-worker", with: "sasl.username: \(user)")
      .replacing("presence-worker.password", with: "\(user).password")
  }

  private func run(_ arguments: [String], _ configuration: String) async throws -> (status: Int32, text: String) {
    let command = try WorkerProcess(arguments, configuration: configuration)
    guard case .status(let status) = try await command.waitUntilExit() else { return (-1, "") }
    return (status, command.transcript.joined(separator: "\n"))
  }

  @Test("Worker, gateway and operators do their work with the rules alone; a gateway cannot read what people are")
  func leastPrivilege() async throws {
    let broker = try SecureBroker()
    let prefix = "acl-\(UInt32.random(in: .min ... .max))."
    try await broker.prepare(
      prefix,
      principals: [
        "enricher": "presence-worker", "resolver": "presence-worker", "gateways": "gateway", "operators": "operator",
      ]
    )
    let worker = try WorkerProcess(
      ["run"],
      configuration: try configuration(broker, user: "presence-worker", prefix: prefix)
    )
    try await worker.log("State restored")
    let gateway = try configuration(broker, user: "gateway", prefix: prefix)
    let operators = try configuration(broker, user: "operator", prefix: prefix)

    let sent = try await run(["send", "change", "jane", "busy"], gateway)
    #expect(sent.status == 0, "\(sent.text)")
    let seen = try await run(["watch", "--json", "--count", "1"], operators)
    #expect(seen.status == 0 && seen.text.contains(#""state":"busy""#), "\(seen.text)")
    let request = try await run(["send", "contact", "tom", "jane", "--body", "Lunch?", "--wait"], operators)
    #expect(request.status == 0, "\(request.text)")

    // What nobody can read becomes a dead letter; operators list, replay and purge it.
    let kcat = try ChildProcess([
      "kcat", "-b", try broker.address("INTERNAL"), "-P", "-t", prefix + "contact.requests", "-K:", "-X",
      "partitioner=murmur2_random",
    ])
    try kcat.send("jane:{broken")
    #expect(try await kcat.stop() == .status(0))
    var listed = try await run(["dead-letters", "list", "--json"], operators)
    while listed.status == 0, !listed.text.contains("malformedJson") {
      listed = try await run(["dead-letters", "list", "--json"], operators)
    }
    #expect(listed.status == 0, "\(listed.text)")
    let replayed = try await run(["dead-letters", "replay", "--all", "--yes"], operators)
    #expect(replayed.status == 0 && replayed.text.contains("Replayed 1 dead letters"), "\(replayed.text)")
    let purged = try await run(["dead-letters", "purge", "--all", "--yes"], operators)
    #expect(purged.status == 0, "\(purged.text)")

    let spying = try await run(["watch", "--once"], gateway)
    #expect(spying.status == 69, "\(spying.text)")
    let forging = try await run(["send", "contact", "tom", "jane", "--body", "Hello"], gateway)
    #expect(forging.status == 69, "\(forging.text)")

    worker.signal(SIGTERM)
    #expect(try await worker.waitUntilExit() == .status(0))
    let complaints = worker.complaints.map(\.description)
    #expect(!complaints.contains { $0.lowercased().contains("authoriz") }, "\(complaints)")
  }
}
