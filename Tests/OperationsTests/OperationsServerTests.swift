// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import Operations

@Suite("HTTP surface", .timeLimit(.minutes(20)))
struct OperationsServerTests {
  private struct Note: Encodable { var text: String }

  /// Runs a server, and hands over where it listens.
  private func withServer(
    _ settings: OperationsSettings,
    ready: HealthReport = HealthReport(),
    _ body: (_ url: String) async throws -> Void
  ) async throws {
    var settings = settings
    settings.port = settings.port ?? 0
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let logger = Logger(label: "http") { _ in PortListener { listening.yield($0) } }
    let registry = MetricRegistry()
    registry.add { page in page.write(MetricFamily("app_up", .gauge, "Up.")) { $0.add(1) } }
    let sources = OperationsSources(
      live: { HealthReport() },
      ready: { ready },
      started: { HealthReport() },
      metrics: registry,
      status: { Note(text: "fine") },
      agents: { [Note(text: "chat")] }
    )
    let group = ServiceGroup(
      services: [OperationsServer(settings, sources: sources, logger: logger)],
      logger: logger
    )
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { listening.finish() }
        try await group.run()
      }
      var iterator = ports.makeAsyncIterator()
      if let port = await iterator.next() { try await body("http://127.0.0.1:\(port)") }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  private func get(
    _ url: String,
    _ headers: [(String, String)] = []
  ) async throws -> (status: UInt, type: String?, body: String) {
    var request = HTTPClientRequest(url: url)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(600))
    let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
    return (response.status.code, response.headers.first(name: "content-type"), body)
  }

  @Test("metrics come in the form that is asked for, status and agents as JSON")
  func answers() async throws {
    try await withServer(OperationsSettings()) { url in
      let plain = try await get(url + "/metrics")
      #expect(plain.status == 200)
      #expect(plain.type == MetricFormat.prometheus.contentType)
      #expect(plain.body == "# HELP app_up Up.\n# TYPE app_up gauge\napp_up 1\n")
      let open = try await get(url + "/metrics", [("Accept", "application/openmetrics-text;version=1.0.0")])
      #expect(open.type == MetricFormat.openMetrics.contentType)
      #expect(open.body.hasSuffix("# EOF\n"))
      let status = try await get(url + "/status")
      #expect(status.type == "application/json")
      #expect(status.body.contains(#""text" : "fine""#))
      let agents = try await get(url + "/agents")
      #expect(agents.body.contains("chat"))
      let elsewhere = try await get(url + "/elsewhere")
      #expect(elsewhere.status == 404)
    }
  }

  @Test("health says yes with 200, and no with 503 and its reasons")
  func health() async throws {
    try await withServer(OperationsSettings(), ready: HealthReport(reasons: ["lane 0 restores its state"])) { url in
      let live = try await get(url + "/health/live")
      #expect(live.status == 200)
      #expect(live.body.contains(#""status" : "ok""#))
      let ready = try await get(url + "/health/ready")
      #expect(ready.status == 503)
      #expect(ready.body.contains(#""status" : "unavailable""#))
      #expect(ready.body.contains("lane 0 restores its state"))
    }
  }

  @Test("with a token everything but health wants it")
  func token() async throws {
    var settings = OperationsSettings()
    settings.token = BearerToken("s3cret")
    try await withServer(settings) { url in
      func status(_ path: String, _ authorization: String?) async throws -> UInt {
        try await get(url + path, authorization.map { [("Authorization", $0)] } ?? []).status
      }
      for path in ["/metrics", "/status", "/agents"] {
        for wrong in [nil, "Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret", "Bearer x"] {
          let refused = try await status(path, wrong)
          #expect(refused == 401, "\(path) with \(wrong ?? "nothing")")
        }
        let opened = try await status(path, "bearer s3cret")
        #expect(opened == 200, "\(path)")
      }
      for path in ["live", "ready", "started"] {
        let open = try await status("/health/\(path)", nil)
        #expect(open == 200, "\(path)")
      }
    }
  }

  @Test("headers beyond the limit are refused, and the server goes on")
  func largeHeaders() async throws {
    try await withServer(OperationsSettings()) { url in
      let large = String(repeating: "x", count: 20_000)
      let refused = try await get(url + "/health/live", [("x-large", large)])
      #expect(refused.status >= 400)
      let next = try await get(url + "/health/live")
      #expect(next.status == 200)
    }
  }

  @Test("a port that is taken is an error that names address and port; the usual one gives way to a free one")
  func portIsTaken() async throws {
    try await withServer(OperationsSettings()) { url in
      var settings = OperationsSettings()
      settings.port = try #require(URL(string: url)?.port)
      let failure = await #expect(throws: OperationsFailure.self) { try await withServer(settings) { _ in } }
      #expect(failure?.isTaken == true)
      #expect(failure?.description.contains("127.0.0.1:\(settings.port!): another process listens there") == true)
    }
  }

  @Test("an address that this machine does not have is an error")
  func noSuchAddress() async throws {
    var settings = OperationsSettings()
    settings.address = "203.0.113.7"
    let failure = await #expect(throws: OperationsFailure.self) { try await withServer(settings) { _ in } }
    #expect(failure?.isTaken == false)
    #expect(failure?.description.contains("203.0.113.7") == true)
  }
}

/// A log that looks for the port on which a server listens.
private struct PortListener: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  let found: @Sendable (Int) -> Void

  init(_ found: @escaping @Sendable (Int) -> Void) { self.found = found }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    guard "\(event.message)" == "Listening for HTTP", let port = event.metadata?["port"].flatMap({ Int("\($0)") })
    else {
      return
    }
    found(port)
  }
}
