// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the documents of guarantees and threats name as proof is there: tests, files, scenarios of the torture.
@Suite struct DocumentedProofTests {
  private static let pages = ["DELIVERY.md", "THREAT_MODEL.md"]

  private static func read(_ path: String) throws -> String {
    try String(contentsOf: DeploymentTests.root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The suites below `Tests`, each with the names of its file's tests.
  private static func suites() throws -> [String: Set<String>] {
    let tests = DeploymentTests.root.appendingPathComponent("Tests")
    let paths = try #require(FileManager.default.enumerator(atPath: tests.path)).compactMap { $0 as? String }
    var suites: [String: Set<String>] = [:]
    for path in paths where path.hasSuffix(".swift") && !path.contains(".build/") {
      let source = try String(contentsOf: tests.appendingPathComponent(path), encoding: .utf8)
      let names = source.matches(of: /@Test\b(?s).*?\bfunc (\w+)/).map { String($0.1) }
      for suite in source.matches(of: /\bstruct (\w+Tests)\b/) { suites[String(suite.1), default: []].formUnion(names) }
    }
    return suites
  }

  @Test("Every test that a document names exists", arguments: pages)
  func tests(_ page: String) throws {
    let suites = try Self.suites()
    let named = try Self.read("docs/\(page)").matches(of: /`([A-Z]\w*Tests)(?:\.(\w+))?`/)
    #expect(named.count > 50)
    for name in named {
      let tests = try #require(suites[String(name.1)], "\(page) names a suite that does not exist: \(name.1)")
      guard let test = name.2 else { continue }
      #expect(tests.contains(String(test)), "\(page) names a test that does not exist: \(name.1).\(test)")
    }
  }

  @Test("Every file that a document names exists", arguments: pages)
  func files(_ page: String) throws {
    let named = try Self.read("docs/\(page)").matches(of: /`((?:Sources|Tests|docker)\/[\w\/.+-]+)`/)
    #expect(!named.isEmpty)
    for name in named {
      let path = DeploymentTests.root.appendingPathComponent(String(name.1)).path
      #expect(FileManager.default.fileExists(atPath: path), "\(page) names a file that does not exist: \(name.1)")
    }
  }

  @Test("Every scenario of the torture has its place in DELIVERY.md")
  func scenarios() throws {
    let page = try Self.read("docs/DELIVERY.md")
    let known = try ["scenarios", "torture"].flatMap { file in
      try Self.read("Tests/Torture/\(file).py").matches(of: /(?m)^    "([a-z-]+)": [A-Z]\w+,$/).map { String($0.1) }
    }
    #expect(known.count > 10)
    for name in known {
      #expect(page.contains("`\(name)`"), "\(name) is a scenario that DELIVERY.md does not know")
    }
  }
}
