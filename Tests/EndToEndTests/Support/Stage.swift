// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import TestSupport
import Testing

/// A worker on its embedded broker and a client of that broker, which the tests of a suite share.
struct Stage: Sendable {
  let worker: WorkerProcess
  let kafka: KafkaClient
  let bootstrapServers: String

  /// The partitions of every topic keyed by user.
  static let partitions: Int32 = 4

  @TaskLocal private static var running: Stage?

  /// The stage of the running suite.
  static var current: Stage {
    get throws { try #require(running, "the suite has no stage: give it the trait .worker") }
  }

  /// What is missing on this machine for any of these tests; nil where nothing is.
  static let missing: String? =
    KafkaClient.missing ?? (EventSchemas.isAvailable ? nil : "the Python package jsonschema is not installed")

  /// Starts a worker with a configuration, and returns when it is ready.
  static func open(_ configuration: String, environment: [String: String] = [:]) async throws -> Stage {
    let worker = try WorkerProcess(
      ["run", "--embedded", "--embedded-partitions", "\(partitions)"],
      configuration: configuration,
      environment: environment
    )
    do {
      let broker = try await worker.log("Embedded broker: at-least-once, nothing on disk")
      let bootstrapServers = try #require(broker.metadata["bootstrapServers"])
      try await worker.log("State restored")
      return Stage(
        worker: worker,
        kafka: try await KafkaClient(bootstrapServers: bootstrapServers),
        bootstrapServers: bootstrapServers
      )
    } catch {
      worker.signal(SIGKILL)
      throw error
    }
  }

  /// Ends the attempt to open a stage that does not get ready, where no time limit of a test applies.
  static func open(_ configuration: String, within limit: Duration) async throws -> Stage {
    try await withThrowingTaskGroup(of: Stage.self) { group in
      group.addTask { try await open(configuration) }
      group.addTask {
        try await Task.sleep(for: limit)
        throw ChildProcess.Failure("the worker is not ready within \(limit)")
      }
      defer { group.cancelAll() }
      return try await group.next()!
    }
  }

  /// Runs tests on this stage; then stops the worker as a supervisor would, and looks at what was read and logged.
  ///
  /// - Parameter provoked: a message that the tests make the worker log as a warning.
  func run(provoking provoked: String? = nil, _ tests: () async throws -> Void) async throws {
    do {
      try await Stage.$running.withValue(self) { try await tests() }
    } catch {
      worker.signal(SIGKILL)
      throw error
    }
    for problem in try await schemaProblems() { Issue.record("an event does not follow its schema: \(problem)") }
    try await kafka.close()
    worker.signal(SIGTERM)
    let exit = try await worker.waitUntilExit()
    #expect(exit == .status(0))
    for line in worker.complaints where line.message != provoked { Issue.record("the worker complained: \(line)") }
  }

  /// What is wrong with the events that were read of the worker's, by the schema of their type.
  private func schemaProblems() async throws -> [String] {
    var events: [String: [[UInt8]]] = [:]
    var problems: [String] = []
    for record in await kafka.records {
      guard record.topic != "presence.dead-letters", record.header("ce_source")?.hasPrefix("/presence-worker") == true,
        let value = record.value
      else { continue }
      guard let type = record.header("ce_type") else {
        problems.append("\(record.topic)/\(record.partition)/\(record.offset) has no ce_type")
        continue
      }
      events[type, default: []].append(value)
    }
    return problems + (try EventSchemas.problems(in: events))
  }

  /// The partition in which the worker expects a user.
  static func partition(of user: String) -> Int32 {
    Array(user.utf8).withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: partitions) }
  }

  /// A user's name that begins so and belongs to a partition.
  static func user(_ name: String, in partition: Int32) -> String {
    var number = 0
    while Stage.partition(of: "\(name)-\(number)") != partition { number += 1 }
    return "\(name)-\(number)"
  }

  /// Writes a line with kcat: a key, a colon and a value, as somebody would at a terminal.
  func kcat(_ topic: String, _ line: String) async throws {
    let kcat = try ChildProcess([
      "kcat", "-b", bootstrapServers, "-P", "-t", topic, "-K:", "-X", "partitioner=murmur2_random",
    ])
    try kcat.send(line)
    #expect(try await kcat.stop() == .status(0))
  }
}

/// Gives a suite a stage: the worker starts before its first test and is stopped after its last.
struct WorkerTrait: SuiteTrait, TestScoping {
  /// The one warning that the suite's tests provoke.
  var provoked: String?

  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let configuration = "log: {format: json}\nenricher: {commitInterval: 20ms}\n"
    try await Stage.open(configuration, within: .seconds(240)).run(provoking: provoked, function)
  }
}

extension Trait where Self == WorkerTrait {
  /// A worker for the whole suite.
  static var worker: Self { Self() }

  /// A worker for the whole suite, whose tests make it log this warning.
  static func worker(provoking message: String) -> Self { Self(provoked: message) }
}

/// Times as events have them.
enum Moment {
  /// Now, moved by some seconds.
  static func now(plus seconds: Double = 0) -> String {
    Date(timeIntervalSinceNow: seconds).formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
      + "Z"
  }

  /// The time of an event.
  static func parse(_ text: String?) -> Date? {
    text.flatMap { try? Date($0, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
  }
}
