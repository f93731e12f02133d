// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What is missing on this machine for these tests; nil where nothing is.
private let liveMissing: String? = Stage.missing ?? ProsodyServer.missing

/// Real clients of a real XMPP server, whose presence arrives by itself: client, server, bridge, enricher, snapshot.
@Suite(
  .enabled(if: liveMissing == nil, Comment(rawValue: liveMissing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct LivePresenceTests {
  private static let environment = ["COMPONENT_SECRET": "component-secret"]
  /// What a worker complains of when its network goes away.
  private static let lost = "Network lost; what it said holds until its leases lapse"

  private func configuration(
    _ server: ProsodyServer,
    roles: String,
    name: String = "corp-xmpp",
    more: String = ""
  ) -> String {
    """
    log: {format: json}
    roles: [\(roles)]
    enricher: {commitInterval: 20ms, sessionTimeout: 6s, transactionTimeout: 4s, drainBudget: 2s}
    agents:
      - type: xmpp
        name: \(name)
        server: 127.0.0.1:\(server.componentPort)
        components: [portal-1.corp.example, portal-2.corp.example]
        claims: [{scheme: "xmpp?", domain: corp.example}]
        credentials: {token: {env: COMPONENT_SECRET}}
    \(more)
    """
  }

  private func introduce(_ user: String, _ kafka: KafkaClient) async throws {
    try await kafka.send(
      "user.profiles",
      user: user,
      #"{"user":"\#(user)","networkPresence":{"imAddress":"xmpp:\#(user)@corp.example","displayName":"\#(user)"}}"#
    )
    _ = try await kafka.first(of: "presence.snapshots", user: user)
  }

  /// Lets a client say something, and waits until a snapshot tells that.
  private func say(
    _ show: String,
    _ message: String,
    _ client: ChildProcess,
    of user: String,
    _ kafka: KafkaClient
  ) async throws -> KafkaClient.Record {
    try client.send("show \(show) \(message)")
    try await client.expect("done show")
    return try await kafka.first(of: "presence.snapshots", user: user) { $0.text("statusMessage") == message }
  }

  /// Who was said to be offline after having been something else.
  private func falselyOffline(_ kafka: KafkaClient) async throws -> [String] {
    let snapshots = try await kafka.all(of: "presence.snapshots") { _ in true }
    var present: Set<String> = []
    var gone: [String] = []
    for snapshot in snapshots {
      if snapshot.text("state") != "offline" {
        present.insert(snapshot.user)
      } else if present.contains(snapshot.user) {
        gone.append(snapshot.user)
      }
    }
    return gone
  }

  @Test("A change in a client reaches the snapshot by itself; a server that restarts makes nobody offline")
  func restart() async throws {
    try await ProsodyServer.run { server in
      let stage = try await Stage.open(
        configuration(server, roles: "enrich, bridge"),
        environment: Self.environment
      )
      try await stage.run(provoking: Self.lost) {
        let kafka = stage.kafka
        try await introduce("jane", kafka)
        let desk = try await server.client("jane", resource: "desk")
        let busy = try await say("dnd", "In a meeting until 3pm", desk, of: "jane", kafka)
        #expect(busy.text("state") == "busy")
        #expect(busy.text("quality") == "fresh")
        #expect(busy.text("source") == "corp-xmpp")

        // A second device does not change that; the first one being free does.
        let phone = try await server.client("jane", resource: "phone")
        _ = try await kafka.first(of: "presence.snapshots", user: "jane") {
          ($0.event["readings"] as? [[String: Any]])?.count == 2
        }
        let free = try await say("available", "At my desk", desk, of: "jane", kafka)
        #expect(free.text("state") == "online")
        try await phone.stop()

        try await server.halt("TERM")
        try await desk.stop()
        _ = try await stage.worker.log(Self.lost)
        try await server.resume()
        let again = try await server.client("jane", resource: "desk")
        let back = try await say("away", "Back from the server's holiday", again, of: "jane", kafka)
        #expect(back.text("state") == "away")
        #expect(try await falselyOffline(kafka) == [])

        // Who really goes is offline, once.
        try await again.stop()
        let gone = try await kafka.first(of: "presence.snapshots", user: "jane") {
          $0.offset > back.offset && $0.text("state") == "offline"
        }
        #expect(gone.text("quality") == "fresh")
        #expect(try await kafka.all(of: "presence.lookups").isEmpty, "nobody was asked")
      }
    }
  }

  @Test("A bridge that is killed is taken over by another one, and nobody was offline in between")
  func killed() async throws {
    try await ProsodyServer.run { server in
      let stage = try await Stage.open(configuration(server, roles: "enrich"), environment: Self.environment)
      try await stage.run {
        let kafka = stage.kafka
        let more = "kafka: {bootstrapServers: [\(stage.bootstrapServers)]}\nhttp: {port: 0}"
        let bridge = configuration(server, roles: "bridge", more: more)
        let first = try WorkerProcess(["run"], configuration: bridge, environment: Self.environment)
        try await holds(["[0, 1, 2, 3]"], first)
        let second = try WorkerProcess(["run"], configuration: bridge, environment: Self.environment)
        try await holds(["[0, 1]", "[2, 3]"], second)
        try await Self.finish(first, second) {
          var users: [String] = []
          for partition in 0..<Stage.partitions {
            users.append(try #require((0..<100).map { "user\($0)" }.first { Stage.partition(of: $0) == partition }))
          }
          var clients: [String: ChildProcess] = [:]
          for user in users {
            try await introduce(user, kafka)
            let client = try await server.client(user, resource: "desk")
            clients[user] = client
            #expect(try await say("dnd", "Before \(user)", client, of: user, kafka).text("state") == "busy")
          }
          first.signal(SIGKILL)
          _ = try await first.waitUntilExit()
          try await holds(["[0, 1, 2, 3]"], second)
          for user in users {
            let client = try #require(clients[user])
            #expect(try await say("away", "After \(user)", client, of: user, kafka).text("state") == "away")
          }
          #expect(try await falselyOffline(kafka) == [])
          for client in clients.values { try await client.stop() }
        }
      }
    }
  }

  /// Waits until a bridge says that it holds partitions of one of these lists.
  private func holds(_ lists: Set<String>, _ worker: WorkerProcess) async throws {
    while !lists.contains(try await worker.log("Bridge holds partitions").metadata["partitions"] ?? "") {}
  }

  /// Runs a test with two bridges of which the first is killed in it, and ends the second.
  private static func finish(
    _ first: WorkerProcess,
    _ second: WorkerProcess,
    _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch {
      for worker in [first, second] { worker.signal(SIGKILL) }
      throw error
    }
    second.signal(SIGTERM)
    #expect(try await second.waitUntilExit() == .status(0))
  }

  @Test("SIGHUP brings another agent for the same network: its subscriptions take over, nobody was offline")
  func reload() async throws {
    try await ProsodyServer.run { server in
      let stage = try await Stage.open(
        configuration(server, roles: "enrich, bridge", name: "emea"),
        environment: Self.environment
      )
      try await stage.run(provoking: Self.lost) {
        let kafka = stage.kafka
        try await introduce("jane", kafka)
        let desk = try await server.client("jane", resource: "desk")
        #expect(try await say("dnd", "Busy", desk, of: "jane", kafka).text("source") == "emea")
        try stage.worker.reload(configuration(server, roles: "enrich, bridge", name: "us"))
        try await stage.worker.log("Configuration reloaded")
        let next = try await say("available", "Free again", desk, of: "jane", kafka)
        // What the one before said counts until its short lease is over: busy first.
        let settled =
          next.text("state") == "online"
          ? next
          : try await kafka.first(of: "presence.snapshots", user: "jane") {
            $0.offset > next.offset && $0.text("state") == "online"
          }
        #expect(settled.text("source") == "us")
        #expect(try await falselyOffline(kafka) == [])
        try await desk.stop()
      }
    }
  }
}
