// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Topics of one's own on the broker that `KAFKA_BOOTSTRAP` names.
struct RealBroker: Sendable {
  /// What is missing for tests that need one; nil where nothing is.
  static let missing: String? =
    ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP"] == nil
    ? "KAFKA_BOOTSTRAP is not set" : KafkaClient.missing

  let bootstrapServers = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP"] ?? ""
  let prefix = "real-\(UInt32.random(in: .min ... .max))."

  private var place: [String] { ["--bootstrap-servers", bootstrapServers, "--topic-prefix", prefix] }

  /// Runs a command to its end, and gives its lines.
  @discardableResult
  func run(_ arguments: [String]) async throws -> [String] {
    let command = try WorkerProcess(arguments + place)
    #expect(try await command.waitUntilExit() == .status(0), "\(command.transcript)")
    return command.transcript
  }

  func createTopics(partitions: Int = 4) async throws {
    try await run(["topics", "create", "--set", "topics.partitions=\(partitions)"])
  }

  /// Starts a worker that enriches, with an HTTP surface at a free port.
  func start(_ settings: [String]) throws -> WorkerProcess {
    try WorkerProcess(
      ["run"] + place + settings.flatMap { ["--set", $0] },
      configuration: "roles: [enrich]\nlog: {format: json}\nhttp: {port: 0}\n"
    )
  }

  /// Tells workers to end, and expects that they drain.
  func stop(_ workers: [WorkerProcess]) async throws {
    for worker in workers {
      worker.signal(SIGTERM)
      #expect(try await worker.waitUntilExit() == .status(0), "\(worker.transcript)")
    }
  }
}

/// The metrics of a worker, read as often as somebody wants to know.
struct MetricScrape: Sendable {
  /// The samples of one page.
  struct Samples {
    fileprivate var lines: [(series: String, value: Double)]

    /// The sum of a metric's samples, of those with these labels where they are given.
    func sum(_ name: String, _ labels: String? = nil) -> Double {
      lines.filter { $0.series.hasPrefix(name + "{") || $0.series == name }
        .filter { line in labels.map { line.series.contains($0) } ?? true }
        .reduce(0) { $0 + $1.value }
    }

    /// A metric's samples of a topic, by their partitions.
    func byPartition(_ name: String, _ topic: String) -> [String: Double] {
      var samples: [String: Double] = [:]
      for line in lines where line.series.hasPrefix(name + "{") && line.series.contains("topic=\"\(topic)\"") {
        guard let match = line.series.firstMatch(of: /partition="(\d+)"/) else { continue }
        samples[String(match.output.1)] = line.value
      }
      return samples
    }
  }

  /// Where the worker listens, without a path.
  let url: String

  /// Waits until the worker says where it listens.
  init(of worker: WorkerProcess) async throws {
    let listening = try await worker.log("Listening for HTTP")
    url = "http://127.0.0.1:\(try #require(listening.metadata["port"]))"
  }

  func samples() async throws -> Samples {
    let page = try await HTTPAnswer.get(url + "/metrics").body
    return Samples(
      lines: page.split(separator: "\n").compactMap { line in
        guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
          let value = Double(line[line.index(after: space)...])
        else { return nil }
        return (String(line[..<space]), value)
      }
    )
  }

  /// Waits until a lane has said what positions it has in a topic, and gives them by partition.
  func positions(of topic: String) async throws -> [String: Double] {
    var positions: [String: Double] = [:]
    try await expect("positions in \(topic)") { samples in
      positions = samples.byPartition("presence_worker_position", topic)
      return !positions.isEmpty
    }
    return positions
  }

  /// Reads the page until it is as it should be. A lane renews what it says several times a second: what is not right
  /// after a thousand pages will not be.
  func expect(_ what: String, _ isSo: (Samples) -> Bool) async throws {
    for _ in 0..<1_000 {
      if isSo(try await samples()) { return }
    }
    let page = try await HTTPAnswer.get(url + "/metrics").body.split(separator: "\n")
    let told = page.filter { $0.hasPrefix("presence_worker_lag_records{") || $0.hasPrefix("presence_worker_position{") }
    throw ChildProcess.Failure("expected \(what); the last page:\n\(told.joined(separator: "\n"))")
  }
}
