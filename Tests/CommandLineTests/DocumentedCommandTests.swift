// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Testing
import Worker

@testable import presence_worker

@Suite("Documents: commands")
struct DocumentedCommandTests {
  /// A command as a document has it.
  struct Mention: Sendable, CustomTestStringConvertible {
    var file: String
    var text: String
    /// Whether it stands in a block to be typed, and not in a sentence that may name a command alone.
    var isComplete: Bool
    var testDescription: String { "\(file): \(text)" }
  }

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../..").standardizedFileURL

  /// Every command of the worker's in the README and in the documents.
  static let mentions: [Mention] = {
    let documents =
      (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs").path)) ?? []
    let files = ["README.md"] + documents.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    return files.flatMap { file -> [Mention] in
      // A file that cannot be read has no commands, and the test of their number says so.
      let text = (try? String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)) ?? ""
      var block: Substring?
      return text.split(separator: "\n").flatMap { line -> [Mention] in
        if line.hasPrefix("```") { block = block == nil ? line.dropFirst(3) : nil }
        if let block {
          guard block == "sh" else { return [] }
          guard let typed = line.firstMatch(of: /^(?:[A-Z_]+=\S+ )*presence-worker (.+)$/) else { return [] }
          return [Mention(file: file, text: String(typed.output.1), isComplete: true)]
        }
        return line.matches(of: /`presence-worker ([^`]+)`/).map {
          Mention(file: file, text: String($0.output.1), isComplete: false)
        }
      }
    }
  }()

  @Test("The documents have commands to type")
  func areThere() {
    for file in ["README.md", "docs/OPERATIONS.md", "docs/SECURITY.md"] {
      #expect(Self.mentions.contains { $0.file == file }, "\(file)")
    }
  }

  @Test("What the documents tell to type is understood", arguments: mentions)
  func isUnderstood(_ mention: Mention) {
    let words = Self.words(mention.text)
    // `list|show|replay` and `COMMAND --help` stand for several.
    for choice in (words.first == "COMMAND" ? [] : Self.choices(words)) {
      do {
        _ = try PresenceWorker.parseAsRoot(choice)
      } catch {
        let isHelp = PresenceWorker.exitCode(for: error).isSuccess
        let message = PresenceWorker.message(for: error)
        // A sentence may name a command without what it needs.
        let isName = !mention.isComplete && choice.allSatisfy { !$0.hasPrefix("-") } && !message.contains("Unexpected")
        #expect(isHelp || isName, "\(message)")
      }
    }
  }

  /// The words of a line of shell, up to a comment, a pipe or a redirection.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return Array(words.prefix { !["|", ">", "&&", ";"].contains($0) && !$0.hasPrefix("#") })
  }

  private static func choices(_ words: [String]) -> [[String]] {
    words.reduce(into: [[]]) { choices, word in
      let options = word.split(separator: "|").map(String.init)
      choices = choices.flatMap { choice in options.map { choice + [$0] } }
    }
  }
}
