// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Replicas that hand over to each other on a real broker: the in-process one has no static members.
@Suite(
  .serialized,
  .enabled(if: RealBroker.missing == nil, Comment(rawValue: RealBroker.missing ?? "")),
  .timeLimit(.minutes(20))
)
struct TakeoverTests {
  private static let partitions = 4
  private let broker = RealBroker()

  private func start(_ settings: [String]) throws -> WorkerProcess {
    try broker.start(
      // A session longer than the test may take: what waits for its end does not pass.
      ["enricher.sessionTimeout=5m", "enricher.maxPollInterval=10m", "enricher.commitInterval=50ms"]
        + ["enricher.coalesce=false"] + settings
    )
  }

  private func assignments(_ worker: WorkerProcess) -> [String] {
    worker.transcript.compactMap(WorkerProcess.LogLine.init).filter { $0.message == "Partitions assigned" }
      .map { $0.metadata["partitions"] ?? "" }
  }

  private func waitForAssignment(_ worker: WorkerProcess, of partitions: Int) async throws {
    while true {
      let line = try await worker.log("Partitions assigned")
      if line.metadata["partitions"] == "\(partitions)" { return }
    }
  }

  @Test("A worker that is stopped under load hands over within its budget: nothing is lost, nothing doubled")
  func underLoad() async throws {
    try await broker.createTopics(partitions: Self.partitions)
    let first = try start([])
    try await waitForAssignment(first, of: Self.partitions)
    try await first.log("State restored")
    let second = try start([])
    try await waitForAssignment(second, of: 2)

    let users = (0..<50).map { "user\($0)" }
    let states = ["online", "busy", "away"]
    let rounds = 60
    let load = try ChildProcess(
      [
        WorkerProcess.executable, "send", "change", "--file", "-", "--bootstrap-servers", broker.bootstrapServers,
        "--topic-prefix", broker.prefix,
      ],
      output: .everything
    )
    for round in 0..<rounds {
      for user in users {
        let state = states[round % states.count]
        try load.send(
          #"{"user":"\#(user)","source":"gateway","state":"\#(state)","observedAt":"2026-01-01T00:00:00Z","sequence":\#(round)}"#
        )
      }
    }
    async let sent = load.stop()
    first.signal(SIGTERM)
    #expect(try await first.waitUntilExit() == .status(0), "not drained within the budget")
    #expect(try await sent == .status(0))
    try await waitForAssignment(second, of: Self.partitions)

    let events = try await broker.run(["watch", "--json", "--count", "\(rounds * users.count)"])
    for user in users {
      let seen = events.filter { $0.contains(#""key":"\#(user)""#) && $0.contains("presence.snapshots") }
      let versions = seen.compactMap { line in line.firstMatch(of: /"version":(\d+)/).flatMap { Int($0.output.1) } }
      #expect(versions == Array(1...rounds), "\(user)")
    }
    try await broker.stop([second])
  }

  @Test("A named worker that is restarted finds its partitions waiting, and the others notice nothing")
  func rollingRestart() async throws {
    try await broker.createTopics(partitions: Self.partitions)
    let first = try start(["instance.name=a"])
    try await waitForAssignment(first, of: Self.partitions)
    let second = try start(["instance.name=b"])
    try await waitForAssignment(second, of: 2)
    try await broker.stop([first])
    let again = try start(["instance.name=a"])
    try await waitForAssignment(again, of: 2)
    try await again.log("State restored")
    try await broker.stop([second, again])
    #expect(assignments(second) == ["2"])
  }

  @Test("A named worker that is told to leave gives its partitions away at once, long before its session ends")
  func scaleDown() async throws {
    try await broker.createTopics(partitions: Self.partitions)
    let first = try start(["instance.name=a", "instance.leavesOnStop=true"])
    try await waitForAssignment(first, of: Self.partitions)
    let second = try start(["instance.name=b"])
    try await waitForAssignment(second, of: 2)
    try await broker.stop([first])
    try await waitForAssignment(second, of: Self.partitions)
    try await broker.stop([second])
  }
}
