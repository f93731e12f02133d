// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A resolver that ends in the middle of its work.
@Suite(
  .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct ResolverCrashTests {
  private static let users = (0..<20).map { "user\($0)" }

  @Test(
    "Requests whose resolver is killed or stopped have their one outcome from the next one",
    arguments: [SIGKILL, SIGTERM]
  )
  func crash(_ signal: Int32) async throws {
    let server = try await AgentServer()
    // A worker that only decides is the broker of the resolvers, so that it outlives them.
    let enricher = try WorkerProcess(
      ["run", "--embedded", "--embedded-partitions", "\(Stage.partitions)"],
      configuration: Self.configuration(server, "roles: [enrich]")
    )
    let line = try await enricher.log("Embedded broker: at-least-once, nothing on disk")
    let bootstrapServers = try #require(line.metadata["bootstrapServers"])
    let kafka = try await KafkaClient(bootstrapServers: bootstrapServers)
    try await enricher.log("State restored")
    try await Self.lookUpWhileOneEnds(signal, bootstrapServers, server, kafka)
    try await kafka.close()
    enricher.signal(SIGTERM)
    #expect(try await enricher.waitUntilExit() == .status(0))
    try await server.close()
  }

  private static let bootstrap = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP"]

  @Test(
    "The same on a real broker",
    .enabled(if: bootstrap != nil, "KAFKA_BOOTSTRAP is not set: there is no real broker"),
    arguments: [SIGKILL]
  )
  func crashOnRealBroker(_ signal: Int32) async throws {
    let bootstrapServers = try #require(Self.bootstrap)
    let prefix = "resolver-crash-\(UInt32.random(in: 0 ... .max))."
    let server = try await AgentServer()
    let creation = try ChildProcess([
      WorkerProcess.executable, "topics", "create", "-b", bootstrapServers, "--topic-prefix", prefix,
      "--set", "topics.partitions=\(Stage.partitions)",
    ])
    #expect(try await creation.waitUntilExit() == .status(0))
    let enricher = try WorkerProcess(
      ["run", "-b", bootstrapServers, "--topic-prefix", prefix],
      configuration: Self.configuration(server, "roles: [enrich]")
    )
    let kafka = try await KafkaClient(bootstrapServers: bootstrapServers, prefix: prefix)
    try await enricher.log("State restored")
    try await Self.lookUpWhileOneEnds(signal, bootstrapServers, server, kafka, prefix: prefix)
    try await kafka.close()
    enricher.signal(SIGTERM)
    #expect(try await enricher.waitUntilExit() == .status(0))
    try await server.close()
  }

  private static func configuration(_ server: AgentServer, _ more: String) -> String {
    """
    \(more)
    log: {format: json}
    enricher: {commitInterval: 20ms, transactionTimeout: 3s, sessionTimeout: 6s, drainBudget: 1s}
    resolver: {commitInterval: 50ms, drainBudget: 100ms}
    agents: [{\(server.agent("a", "online")), limits: {timeout: 5m}, claims: [{domain: chat.example}], \
    launch: {client: Chat, prefix: "xmpp:"}}]
    """
  }

  /// Requests wait for an agent that hangs, their resolver ends, another one comes, and the agent answers.
  private static func lookUpWhileOneEnds(
    _ signal: Int32,
    _ bootstrapServers: String,
    _ server: AgentServer,
    _ kafka: KafkaClient,
    prefix: String = ""
  ) async throws {
    func startResolver() throws -> WorkerProcess {
      try WorkerProcess(
        ["run", "-b", bootstrapServers, "--topic-prefix", prefix],
        configuration: configuration(server, "roles: [resolve]")
      )
    }
    for user in users {
      try await kafka.send(
        prefix + "user.profiles",
        user: user,
        """
        {"user":"\(user)","mail":"\(user)@mail.example",\
        "networkPresence":{"imAddress":"\(user)@chat.example","displayName":"\(user)"}}
        """
      )
      _ = try await kafka.first(of: prefix + "presence.snapshots", user: user)
    }
    try await server.hold("online")
    let first = try startResolver()
    for user in users {
      try await kafka.send(
        prefix + "contact.requests",
        user: user,
        """
        {"id":"r1","requester":{"user":"asker","mail":"asker@mail.example"},"recipient":"\(user)","channel":"auto",\
        "body":"Hi","requestedAt":"\(Moment.now())","expiresInSeconds":900}
        """
      )
    }
    try await server.asked("/online/\(users[0])")
    first.signal(signal)
    #expect(try await first.waitUntilExit() == (signal == SIGKILL ? .signal(SIGKILL) : .status(0)))
    try await server.release("online")
    #expect(try await kafka.all(of: prefix + "contact.outcomes").isEmpty)

    let second = try startResolver()
    for user in users {
      let outcome = try await kafka.first(of: prefix + "contact.outcomes", user: user)
      #expect(outcome.text("outcome") == "dispatched")
      #expect(outcome.text("channel") == "im")
      #expect((outcome.event["presence"] as? [String: Any])?["state"] as? String == "online")
    }
    let outcomes = try await kafka.all(of: prefix + "contact.outcomes")
    #expect(outcomes.count == users.count, "one for each")
    second.signal(SIGTERM)
    #expect(try await second.waitUntilExit() == .status(0))
  }
}
