// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What lies in `docker/`, and what the documents say of commands, as far as it can be checked without an engine.
@Suite(.timeLimit(.minutes(20)))
struct DeploymentTests {
  static let root = Python.scripts.appendingPathComponent("../..").standardizedFileURL

  static let areToolsThere = Python.has("check_jsonschema", "kubernetes_validate", "yaml")

  @Test(
    "Dockerfile, compose file, manifests, alerts and dashboard pass their linters, schemas and tests",
    .enabled(if: areToolsThere, "check-jsonschema, kubernetes-validate or pyyaml is not installed")
  )
  func files() async throws {
    let check = try ChildProcess(
      [Python.interpreter, Self.root.appendingPathComponent("Tests/Docker/check.py").path],
      output: .everything
    )
    let exit = try await check.waitUntilExit()
    #expect(exit == .status(0), "\(check.transcript.joined(separator: "\n"))")
  }

  @Test(
    "Every expression of the dashboard and the alerts finds its metrics on a Prometheus that scrapes a worker",
    .enabled(
      if: areToolsThere && Python.finds("prometheus") && Python.finds("kcat"),
      "prometheus, kcat or pyyaml is missing"
    )
  )
  func liveDashboard() async throws {
    let check = try ChildProcess(
      [Python.interpreter, Self.root.appendingPathComponent("Tests/Docker/live.py").path, WorkerProcess.executable],
      output: .everything
    )
    let exit = try await check.waitUntilExit()
    #expect(exit == .status(0), "\(check.transcript.joined(separator: "\n"))")
  }

  @Test("The table of access rules in docs/SECURITY.md is what `topics acls --table` writes")
  func accessTable() async throws {
    let command = try WorkerProcess(["topics", "acls", "--table"])
    #expect(try await command.waitUntilExit() == .status(0))
    let page = try String(contentsOf: Self.root.appendingPathComponent("docs/SECURITY.md"), encoding: .utf8)
    #expect(page.contains(command.transcript.joined(separator: "\n")), "run `presence-worker topics acls --table`")
  }

  @Test("Alerts name parts of the runbook that are there")
  func runbooks() throws {
    let alerts = try String(
      contentsOf: Self.root.appendingPathComponent("docker/prometheus/alerts.yml"),
      encoding: .utf8
    )
    let page = try String(contentsOf: Self.root.appendingPathComponent("docs/OPERATIONS.md"), encoding: .utf8)
    let anchors = Set(
      page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
        heading.drop { $0 == "#" || $0 == " " }.lowercased().replacing(" ", with: "-")
      }
    )
    let named = alerts.split(separator: "docs/OPERATIONS.md#").dropFirst().map { String($0.prefix { !$0.isNewline }) }
    #expect(!named.isEmpty)
    for anchor in named { #expect(anchors.contains(anchor), "docs/OPERATIONS.md has no part \(anchor)") }
  }

  @Test("Metrics and keys that the documents for operators name are there")
  func names() throws {
    func page(_ name: String) throws -> String {
      try String(contentsOf: Self.root.appendingPathComponent(name), encoding: .utf8)
    }
    let metrics = try page("docs/METRICS.md")
    let keys = try page("docs/CONFIGURATION.md")
    let topics = try page("docs/SECURITY.md")
    let sections = Set(keys.matches(of: /\| `([a-z]+)\./).map { String($0.output.1) })
    for name in ["README.md", "docs/OPERATIONS.md", "docs/SECURITY.md"] {
      let text = try page(name)
      for metric in Set(text.matches(of: /presence_worker_[a-z_]+/).map { String($0.output) }) {
        #expect(metrics.contains("`\(metric)`"), "\(name): \(metric)")
      }
      for match in text.matches(of: /`([a-z]+)\.([a-z][A-Za-z]+)[:`]/) where sections.contains(String(match.output.1)) {
        let key = "\(match.output.1).\(match.output.2)"
        let isTopic = topics.contains("`\(key)`")
        #expect(isTopic || keys.contains("| `\(key)` |"), "\(name): \(key)")
      }
    }
  }
}
