// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import Testing

@testable import Agents

/// docs/AGENTS.md against what is read.
struct AgentReferenceTests {
  private static let page: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    do {
      return try String(contentsOf: root.appendingPathComponent("docs/AGENTS.md"), encoding: .utf8)
    } catch {
      fatalError("docs/AGENTS.md cannot be read: \(error)")
    }
  }()

  /// The sections of the page by their headings.
  private static let sections: [String: String] = Dictionary(
    uniqueKeysWithValues: page.components(separatedBy: "\n## ").dropFirst().map { section in
      let lines = section.split(separator: "\n", maxSplits: 1)
      return (String(lines[0]), String(lines.last ?? ""))
    }
  )

  /// The YAML examples of a text.
  private static func examples(in text: String) -> [String] {
    text.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
  }

  /// The keys of the tables of a text, table by table.
  private static func tables(in text: String) -> [Set<String>] {
    text.components(separatedBy: "| key |").dropFirst().map { table in
      let rows = table.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).prefix {
        $0.hasPrefix("|")
      }
      return Set(rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) })
    }
  }

  /// The keys that a map of an agent has, as its problem with an unknown one tells them.
  private static func keys(of yaml: String, at path: String) throws -> Set<String> {
    let error = #expect(throws: ConfigurationProblems.self) { try AgentFactory.check(try configurations(yaml)) }
    let problem = error?.problems.first { $0.key == "\(path).zzz" }
    let known = try #require(problem?.message.components(separatedBy: "known are ").last)
    return Set(known.components(separatedBy: ", "))
  }

  @Test("Every type has its section, with an example that loads", arguments: AgentFactory.typeNames)
  func examples(type: String) throws {
    let section = try #require(Self.sections[type])
    let examples = Self.examples(in: section)
    #expect(!examples.isEmpty)
    for example in examples {
      let directory = try AgentFactory.check(try configurations(example))
      #expect(directory.descriptors.count == 1)
      #expect(example.hasPrefix("- type: \(type)\n"))
    }
    #expect(Self.page.contains("| [`\(type)`](#\(type)) |"))
  }

  @Test("Every key of a type is in its table, and no other", arguments: AgentFactory.typeNames)
  func keys(type: String) throws {
    let section = try #require(Self.sections[type])
    let shared = try #require(Self.sections["Keys of every agent"])
    let common = try #require(Self.tables(in: shared).first)
    let known = try Self.keys(of: "[{type: \(type), zzz: 1}]", at: "agents[0]")
    #expect(known.subtracting(common) == Self.tables(in: section).first)
  }

  @Test("Every key of the maps that agents share is in its table, and no other")
  func commonKeys() throws {
    let sections = try ["Keys of every agent", "url", "graph"].map { try #require(Self.sections[$0]) }
    let tables = Self.tables(in: sections[0])
    #expect(tables.count == 6)
    let yaml = """
      - type: url
        claims: [{zzz: 1}]
        launch: {zzz: 1}
        limits: {zzz: 1}
        http: {zzz: 1}
        credentials: {clientID: a, clientSecret: {env: A}, zzz: 1}
        state: {json: /x, zzz: 1}
      """
    let agent = "agents[0]"
    for (table, map) in zip(tables.dropFirst(), ["claims[0]", "launch", "limits", "http", "credentials"]) {
      #expect(try Self.keys(of: yaml, at: "\(agent).\(map)") == table)
    }
    let state = Self.tables(in: sections[1])[1]
    #expect(try Self.keys(of: yaml, at: "\(agent).state") == state)
    let users = Self.tables(in: sections[2])[1]
    #expect(try Self.keys(of: "[{type: graph, users: {zzz: 1}}]", at: "\(agent).users") == users)
    #expect(try Self.keys(of: "[{type: slack, users: {zzz: 1}}]", at: "\(agent).users") == users)
  }

  @Test("The IM client that a section names is the one that is launched", arguments: AgentFactory.typeNames)
  func launches(type: String) throws {
    let section = try #require(Self.sections[type])
    for example in Self.examples(in: section) {
      guard let launch = try AgentFactory.check(try configurations(example))[0].launch else { continue }
      #expect(section.contains("`\(launch.client)`"))
      #expect(section.contains("`\(launch.prefix)") || launch.part == .matrixID)
    }
  }
}
