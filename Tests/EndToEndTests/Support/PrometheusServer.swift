// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A private Prometheus that scrapes one worker every second, and `promtool`.
struct PrometheusServer: Sendable {
  /// What is missing on this machine for such a test; nil where nothing is.
  static let missing: String? = {
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for program in ["prometheus", "promtool"]
    where !paths.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }) {
      return "\(program) is not installed"
    }
    return nil
  }()

  /// A value of a query's answer.
  struct Sample: Sendable {
    var labels: [String: String]
    var value: Double
  }

  private let process: ChildProcess
  private let directory: URL
  private let url: String

  /// Runs a Prometheus that scrapes `address`, and ends it after `body`.
  static func run(scraping address: String, token: String, _ body: (PrometheusServer) async throws -> Void) async throws
  {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("prometheus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let configuration = """
      global: {scrape_interval: 1s, scrape_timeout: 1s}
      scrape_configs:
        - job_name: presence-worker
          authorization: {credentials: \(token)}
          static_configs: [{targets: ["\(address)"]}]
      """
    let file = directory.appendingPathComponent("prometheus.yml")
    try Data(configuration.utf8).write(to: file)
    let process = try ChildProcess(
      [
        "prometheus", "--config.file=\(file.path)", "--storage.tsdb.path=\(directory.path)/data",
        "--web.listen-address=127.0.0.1:0", "--log.format=json",
      ],
      output: .everything,
      outlivesInput: true
    )
    do {
      let server = PrometheusServer(process: process, directory: directory, url: try await listening(process))
      try await body(server)
    } catch {
      process.signal(SIGKILL)
      throw error
    }
    process.signal(SIGTERM)
    try await process.waitUntilExit()
    try FileManager.default.removeItem(at: directory)
  }

  /// Where it listens, once it answers: its log says so. Before that every query gets a 503.
  private static func listening(_ process: ChildProcess) async throws -> String {
    var url: String?
    while true {
      let line = try await process.line()
      let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let message = fields?["msg"] as? String
      if message == "Listening on", let address = fields?["address"] as? String { url = "http://\(address)" }
      if message == "Server is ready to receive web requests.", let url { return url }
    }
  }

  /// What a PromQL query gives now.
  func query(_ promQL: String) async throws -> [Sample] {
    guard var components = URLComponents(string: "\(url)/api/v1/query") else { throw URLError(.badURL) }
    components.queryItems = [URLQueryItem(name: "query", value: promQL)]
    guard let address = components.url else { throw URLError(.badURL) }
    let text = try await HTTPAnswer.get(address.absoluteString.replacing("+", with: "%2B")).body
    guard let answer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
      let data = answer["data"] as? [String: Any], let result = data["result"] as? [[String: Any]]
    else { throw ChildProcess.Failure("\(promQL): \(text)") }
    return try result.map { element in
      guard let labels = element["metric"] as? [String: String], let pair = element["value"] as? [Any],
        let value = (pair.last as? String).flatMap(Double.init)
      else { throw ChildProcess.Failure("\(promQL): \(text)") }
      return Sample(labels: labels, value: value)
    }
  }

  /// The one number that a query gives; nil where it gives none or several.
  func number(_ promQL: String) async throws -> Double? {
    let samples = try await query(promQL)
    return samples.count == 1 ? samples[0].value : nil
  }

  /// What `promtool check metrics` finds wrong with a page; empty where nothing is.
  static func lint(_ page: String) async throws -> String {
    let promtool = try ChildProcess(["promtool", "check", "metrics"], output: .everything)
    try promtool.send(page)
    let exit = try await promtool.stop()
    let lines = promtool.transcript.joined(separator: "\n")
    return exit == .status(0) ? lines : "\(exit) \(lines)"
  }
}

/// An answer over HTTP.
struct HTTPAnswer: Sendable {
  var status: Int
  var body: String

  /// Asks, and reads the whole answer, whatever its status.
  static func get(_ url: String, token: String? = nil) async throws -> HTTPAnswer {
    let curl = try ChildProcess(
      ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}\n"]
        + (token.map { ["--header", "Authorization: Bearer \($0)"] } ?? []) + [url],
      output: .everything
    )
    let exit = try await curl.stop()
    var lines = curl.transcript
    guard exit == .status(0), let status = lines.popLast().flatMap(Int.init) else {
      throw ChildProcess.Failure("\(url): \(exit) \(curl.transcript.joined(separator: "\n"))")
    }
    return HTTPAnswer(status: status, body: lines.joined(separator: "\n"))
  }
}
